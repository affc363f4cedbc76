"""Hands that know nothing but a keyboard."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Page

__all__ = ["Keys"]

_MOST_STOPS = 400
_IS_THERE = """([css, words]) => {
  const it = document.activeElement;
  if (!it || !it.matches(css) || !it.textContent.includes(words)) return null;
  const box = it.getBoundingClientRect(), style = getComputedStyle(it);
  return {width: box.width, outline: style.outlineStyle, inside: box.top < innerHeight && box.bottom > 0};
}"""


@dataclass(frozen=True)
class Keys:
    """The keyboard of a page: everything is reached with the tabulator, and seen to be reached."""

    page: Page

    def to(self, css: str, words: str = "") -> None:
        """Go on with the tabulator to what a selector names and has some words in it; fail if it is never reached."""
        for _ in range(_MOST_STOPS):
            if (found := self.page.evaluate(_IS_THERE, [css, words])) is not None:
                assert found["outline"] != "none" and found["width"] > 0, f"{css} is not marked: {found}"
                assert found["inside"], f"{css} is outside of the window"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the tabulator never reaches {css} {words}")

    def enter(self, css: str, words: str = "") -> None:
        """Go there, and press Enter: follow a link, press a button, unfold what is folded."""
        self.to(css, words)
        self.page.keyboard.press("Enter")

    def tick(self, css: str) -> None:
        """Go to a box, and tick it."""
        self.to(css)
        self.page.keyboard.press("Space")

    def write(self, css: str, text: str) -> None:
        """Go to a field, and write a text in place of what is there."""
        self.to(css)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, css: str, value: str) -> None:
        """Go to a list, and choose a value of it with the arrows."""
        self.to(css)
        for key in ("Home", *["ArrowDown"] * 50):
            self.page.keyboard.press(key)
            if self.page.evaluate("document.activeElement.value") == value:
                return
        raise AssertionError(f"{css} has no {value}")
