import { expect, test } from "vitest";
import { device } from "~/settings/device.ts";

const CHROME =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

test.each([
  [CHROME, "Chrome on Linux"],
  [`${CHROME.replace("X11; Linux x86_64", "Windows NT 10.0")} Edg/156.0`, "Edge on Windows"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1",
    "Safari on iOS",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0",
    "Firefox on macOS",
  ],
  [CHROME.replace("Chrome/", "HeadlessChrome/"), "Chrome on Linux"],
  ["taskforge-cli/0.1.0", "taskforge-cli/0.1.0"],
  ["python-httpx/0.28 extra", "python-httpx/0.28"],
  [null, "Unknown"],
  ["", "Unknown"],
])("%s is called %s", (userAgent, name) => {
  expect(device(userAgent)).toBe(name);
});
