const TILLS = 12;

/** What the shop keeps in its registry, as a `.reg` file. */
export function shopRegistry(): string {
  const lines = ['Windows Registry Editor Version 5.00', ''];
  for (let till = 1; till <= TILLS; till += 1) {
    lines.push(
      `[HKEY_LOCAL_MACHINE\\Software\\Shop\\Tills\\Till ${till}]`,
      `@="Till number ${till}"`,
      `"Printer"="lp${till}"`,
      `"Open"=dword:0000000${till % 2}`,
      '"Keys"=hex:01,02,03',
      '',
    );
  }
  return lines.join('\r\n');
}
