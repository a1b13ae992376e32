const LEFT_OUT = '(left out)';
const PEM = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g;
/** `password: …` of YAML, `"token": "…"` of JSON, and `SECRET=…` of a command. */
const NAMED =
  /((?:[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|private_?key|api_?key)[\w.-]*)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|(?!\(left out\))[^\s,}\]#]+)/gi;
/** `password: two words`, which in YAML needs no quotes. */
const NAMED_LINE =
  /^(\s*(?:- )?[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|private_?key|api_?key)[\w.-]*:[ \t]+)[^\s"'[{(].*$/gim;
/** `--password hunter2` of a command line, and the same in a list of words. */
const OPTION =
  /(--?[\w-]*(?:passw(?:or)?d|passphrase|secret|token|credential|private-?key|api-?key)[\w-]*(?:["']?[ \t]*,[ \t]*|[ \t]+))("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}\]"'-][^\s,}\]"']*)/gi;
/** `https://user:password@host`. */
const IN_ADDRESS = /(\/\/[^\s/:@"']*:)[^\s/@"']+@/g;

/** A text that may be handed to others: what looks like a secret is left out. Pure. */
export function withoutSecrets(text: string): string {
  return text
    .replace(PEM, LEFT_OUT)
    .replace(NAMED_LINE, `$1${LEFT_OUT}`)
    .replace(NAMED, `$1${LEFT_OUT}`)
    .replace(OPTION, `$1${LEFT_OUT}`)
    .replace(IN_ADDRESS, `$1${LEFT_OUT}@`);
}
