import type { EventBodies, EventKind } from '../../plan/events.ts'

/** Type and meaning of a field, for docs/events.md and its schema. */
export interface FieldDoc {
  readonly type: 'string' | 'number' | 'strings' | 'phases'
  readonly help: string
  readonly isOptional?: boolean
}

export interface EventDoc<Kind extends EventKind> {
  readonly summary: string
  readonly fields: { readonly [Field in keyof Required<EventBodies[Kind]>]: FieldDoc }
}

const phases: FieldDoc = {
  type: 'phases',
  help: 'Time of each phase, from the start of its first step to the end of its last',
}

/** What every event means. The type demands an entry for every kind and every field. */
export const eventTable: { readonly [Kind in EventKind]: EventDoc<Kind> } = {
  'run-started': {
    summary: 'A command begins. The first event of a run.',
    fields: {
      command: { type: 'string', help: 'Words of the command' },
      version: { type: 'string', help: "kina's version" },
    },
  },
  'run-ended': {
    summary: 'The command has ended. The last event of a run.',
    fields: {
      ms: { type: 'number', help: 'Milliseconds of the whole run' },
      exitCode: { type: 'number', help: 'Exit code of kina' },
    },
  },
  'step-started': {
    summary: 'A step of a plan begins; several may run side by side.',
    fields: {
      step: { type: 'string', help: 'Stable id, such as `boot-node dev-worker`' },
      title: { type: 'string', help: 'For people' },
      phase: { type: 'string', help: 'The phase it counts to' },
    },
  },
  'step-ended': {
    summary: 'A step has ended.',
    fields: {
      step: { type: 'string', help: 'Stable id' },
      title: { type: 'string', help: 'For people' },
      phase: { type: 'string', help: 'The phase it counts to' },
      ms: { type: 'number', help: 'Milliseconds' },
      outcome: { type: 'string', help: '`done`, `skipped`, `failed` or `interrupted`' },
      reason: { type: 'string', help: 'Why it was skipped or failed', isOptional: true },
    },
  },
  'waiting': {
    summary: 'A step still waits; sent when the reason changes.',
    fields: {
      step: { type: 'string', help: 'Id of the step' },
      reason: { type: 'string', help: 'What was seen last' },
    },
  },
  'command': {
    summary: 'A program that kina ran has ended.',
    fields: {
      argv: { type: 'strings', help: 'Its words' },
      ms: { type: 'number', help: 'Milliseconds' },
      exitCode: { type: 'number', help: 'Its exit code; 128+n after signal n, -1 when it could not be started' },
    },
  },
  'retry': {
    summary: 'Something that is known to pass failed, and is tried again.',
    fields: {
      what: { type: 'string', help: 'What is tried' },
      attempt: { type: 'number', help: 'Attempts so far' },
      afterMs: { type: 'number', help: 'Milliseconds until the next' },
      reason: { type: 'string', help: 'Why it failed' },
    },
  },
  'progress': {
    summary: 'Bytes of a long piece of work; sent several times a second at most, and at its end.',
    fields: {
      what: { type: 'string', help: 'The work, such as `pull docker.io/kindest/node:v1.37.0`' },
      done: {
        type: 'number',
        help: 'Bytes so far, with those that were there already; falls when some have to be fetched again',
      },
      total: { type: 'number', help: 'Bytes in all' },
    },
  },
  'warning': {
    summary: 'Something the user should know; the command goes on.',
    fields: {
      message: { type: 'string', help: 'What' },
      hint: { type: 'string', help: 'What to do', isOptional: true },
    },
  },
  'notice': { summary: 'Something done beside the steps.', fields: { message: { type: 'string', help: 'What' } } },
  'evidence-saved': {
    summary: 'Logs of a failed create have been saved before it is undone.',
    fields: { folder: { type: 'string', help: 'Where' } },
  },
  'cluster-ready': {
    summary: 'A cluster is there and in the kubeconfig.',
    fields: {
      cluster: { type: 'string', help: 'Its name' },
      context: { type: 'string', help: 'Its context for kubectl' },
      phases,
      kubeconfig: { type: 'string', help: 'The file, where --kubeconfig names one', isOptional: true },
    },
  },
  'error': {
    summary: 'The command failed.',
    fields: {
      code: { type: 'string', help: 'Code of the error, see exit-codes.md; `bug` for what kina did not foresee' },
      message: { type: 'string', help: 'What was tried' },
      hint: { type: 'string', help: 'What to do next', isOptional: true },
      seen: { type: 'strings', help: 'What was seen' },
      help: { type: 'string', help: 'Address of the page about the code' },
    },
  },
}
