const LEFT_OUT = '(left out)';
const PEM = /-----BEGIN [A-Z0-9 ]+-----[\s\S]*?(?:-----END [A-Z0-9 ]+-----|$)/g;
/** `password: …` of YAML, `"token": "…"` of JSON, and `SECRET=…` of a command. */
const NAMED =
  /((?:[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|private_?key|api_?key)[\w.-]*)["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}\]#]+)/gi;
/** `https://user:password@host`. */
const IN_ADDRESS = /(\/\/[^\s/:@"']*:)[^\s/@"']+@/g;

/** A text that may be handed to others: what looks like a secret is left out. Pure. */
export function withoutSecrets(text: string): string {
  return text.replace(PEM, LEFT_OUT).replace(NAMED, `$1${LEFT_OUT}`).replace(IN_ADDRESS, `$1${LEFT_OUT}@`);
}
