const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg\//, "Edge"],
  [/\bOPR\//, "Opera"],
  [/\bFirefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/\bSafari\//, "Safari"],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(iPhone|iPad)\b/, "iOS"],
  [/\bAndroid\b/, "Android"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];

/** What a person calls the program that signed in; a name of its own stays as it is. */
export function device(userAgent: string | null): string {
  if (!userAgent) return "Unknown";
  const browser = named(BROWSERS, userAgent);
  if (!browser) return userAgent.split(" ")[0] ?? userAgent;
  const system = named(SYSTEMS, userAgent);
  return system ? `${browser} on ${system}` : browser;
}

function named(known: readonly (readonly [RegExp, string])[], text: string): string | undefined {
  return known.find(([sign]) => sign.test(text))?.[1];
}
