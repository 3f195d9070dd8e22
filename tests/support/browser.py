"""A browser's tab that tells on itself: what failed, what its policy stopped, what axe finds."""

import os
import shutil
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Page, Playwright

from taskforge.local.dashboard import WEB

NAMES = ("chromium", "chromium-browser", "google-chrome")
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
PLAIN = "taskforge.test"
"""This machine by a name that a browser does not trust as it trusts `localhost`."""
EXPECTED = "Failed to load resource"
"""How the console tells of any refusal; the page has its own face for it."""
WATCH = """
window.__ran = [];
document.addEventListener("securitypolicyviolation", (it) =>
    __tell(`policy: ${it.violatedDirective} stopped ${it.blockedURI || it.sample}`));
window.addEventListener("unhandledrejection", (it) => __tell(`unhandled: ${it.reason}`));
"""
SETTLED = """() => document.fonts.status === 'loaded'
    && !document.querySelector('[aria-busy=true]')"""
GO = """(href) => new Promise((done) => {
    const router = window.__TSR_ROUTER__;
    const stop = router.subscribe("onRendered", () => { stop(); done(); });
    router.navigate({ href });
})"""
RUN_AXE = """(options) => axe.run(document, options).then(({ violations }) => violations.map((it) =>
    `${it.id} (${it.impact}): ${it.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`))"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def chromium() -> str:
    """The system's Chromium; this suite downloads no browser, and does not run without one."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    assert found, "no Chromium here: install it with `apt-get install chromium`, and run this again"
    return found


async def launch(playwright: Playwright) -> Any:
    """A headless browser; as root Chromium has no sandbox of its own."""
    # The exact heap, and a garbage collection on request: what the test of memory asks for.
    words = ["--enable-precise-memory-info", "--js-flags=--expose-gc"]
    words.append(f"--host-resolver-rules=MAP {PLAIN} 127.0.0.1")
    if os.geteuid() == 0:
        words.append("--no-sandbox")
    return await playwright.chromium.launch(executable_path=chromium(), args=words)


class Tab:
    """A page, and everything in it that went wrong."""

    def __init__(self, page: Page, url: str, faults: list[str]) -> None:
        self.page = page
        self.url = url
        self.faults = faults

    async def open(self, path: str = "/") -> None:
        """Go there, and wait until there is a heading."""
        await self.page.goto(f"{self.url}{path}")
        await self.page.locator("h1").first.wait_for()

    async def go(self, path: str) -> None:
        """Go there from another page of ours, as its links do: nothing is loaded anew."""
        await self.page.evaluate(GO, path)

    async def settle(self) -> None:
        """Until no skeleton is left and the fonts are there: what a person would look at."""
        await self.page.wait_for_function(SETTLED)

    async def axe(self) -> list[str]:
        """What axe finds: nothing, on a page that everybody can use.

        It comes in over the debugger: the page's policy would rightly refuse such a script.
        """
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate(AXE.read_text())
        options = {"runOnly": RULES, "resultTypes": ["violations"]}
        return await self.page.evaluate(RUN_AXE, options)

    async def shot(self, name: str) -> None:
        """A picture for people, when E2E_SHOTS names a folder."""
        folder = os.environ.get("E2E_SHOTS")
        if folder:
            await self.page.screenshot(path=Path(folder, f"{name}.png"))


async def open_tab(context: BrowserContext, url: str) -> Tab:
    """A new tab of a context, watched from its first line of script on."""
    faults: list[str] = []
    page = await context.new_page()

    def tell(fault: str) -> None:  # Playwright marks what it is given, and cannot mark a method
        faults.append(fault)

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            faults.append(f"console: {message.text}")

    page.on("console", hear)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    await page.expose_function("__tell", tell)
    await page.add_init_script(WATCH)
    return Tab(page, url, faults)
