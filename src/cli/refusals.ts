/** First lines of what is said of a command line that cannot be understood. */
interface Refusals {
  unknownCommand(word: string): string
  unknownSubcommand(words: string): string
  /** @param written the word as it was written, from the flag on: `-xv1` */
  unknownOption(flag: string, written: string, command: string): string
  valueMissing(flag: string): string
  notBoolean(flag: string, given: string): string
  /** @param names all ways to write the option, such as `-v, --verbosity` */
  notInteger(names: string, given: string): string
  extraWord(word: string, command: string, most: number, given: number): string
}

/** kina's own words, and under kind's name those of the libraries that kind 0.33 reads its command line with (cobra, pflag). */
export const refusals: { readonly [Product in 'kina' | 'kind']: Refusals } = {
  kina: {
    unknownCommand: (word) => `unknown command "${word}"`,
    unknownSubcommand: (words) => `unknown command "${words}"`,
    unknownOption: (flag, _, command) => `unknown option "${flag}" for "${command}"`,
    valueMissing: (flag) => `option "${flag}" needs a value`,
    notBoolean: (flag, given) => `option "${flag}" takes no value but true or false, it was given "${given}"`,
    notInteger: (names, given) => `option "${names}" is "${given}", expected an integer`,
    extraWord: (word, command) => `"${command}" does not take the word "${word}"`,
  },
  kind: {
    unknownCommand: (word) => `unknown command "${word}" for "kind"`,
    unknownSubcommand: () => 'Subcommand is required',
    unknownOption: (flag, written) =>
      flag.startsWith('--') ? `unknown flag: ${flag}` : `unknown shorthand flag: '${flag.slice(1)}' in ${written}`,
    valueMissing: (flag) => `flag needs an argument: ${flag.startsWith('--') ? flag : `'${flag.slice(1)}' in ${flag}`}`,
    notBoolean: (flag, given) =>
      `invalid argument "${given}" for "${flag}" flag: strconv.ParseBool: parsing "${given}": invalid syntax`,
    notInteger: (names, given) =>
      `invalid argument "${given}" for "${names}" flag: strconv.ParseInt: parsing "${given}": invalid syntax`,
    extraWord: (word, command, most, given) =>
      most === 0 ? `unknown command "${word}" for "${command}"` : `accepts at most ${most} arg(s), received ${given}`,
  },
}
