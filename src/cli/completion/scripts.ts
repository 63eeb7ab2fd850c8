import bash from './bash.sh' with { type: 'text' }
import fish from './fish.fish' with { type: 'text' }
import zsh from './zsh.zsh' with { type: 'text' }

const scripts = { bash, zsh, fish }

/** What a shell loads; it asks `completion words` at each Tab. */
export function completionScript(shell: keyof typeof scripts, product: 'kina' | 'kind'): string {
  return scripts[shell].replaceAll('PRODUCT', product)
}
