"""The pages of the demo shop, and what it sells."""

from html import escape
from typing import NamedTuple

HOME = "https://demo.taskforge.test/"
PER_PAGE = 8
CATEGORIES = {"lamps": "Lamps", "chairs": "Chairs", "tables": "Tables"}
WOODS = ("Oak", "Ash", "Beech", "Walnut", "Pine")
SHAPES = {
    "lamps": ("desk lamp", "floor lamp"),
    "chairs": ("stool", "armchair"),
    "tables": ("side table", "dining table"),
}
CENTS = {
    "desk lamp": 4_950, "floor lamp": 11_900, "stool": 6_400, "armchair": 24_500,
    "side table": 13_250, "dining table": 109_900,
}  # fmt: skip


class Product(NamedTuple):
    """Something to buy."""

    number: int
    name: str
    category: str
    cents: int
    in_stock: int
    released: str
    """ISO 8601."""


def _products() -> list[Product]:
    made = [
        (f"{wood} {shape}", category, CENTS[shape] + 350 * place)
        for category, shapes in SHAPES.items()
        for shape in shapes
        for place, wood in enumerate(WOODS)
    ]
    return [
        Product(number, name, category, cents, number * 7 % 13,
                f"20{20 + number % 6}-{1 + number % 12:02}-{1 + number % 28:02}")
        for number, (name, category, cents) in enumerate(made, start=1)
    ]  # fmt: skip


PRODUCTS = _products()


def listing_pages() -> int:
    """How many pages the list of products has."""
    return -(-len(PRODUCTS) // PER_PAGE)


def home_page() -> str:
    """The first page."""
    listed = "".join(
        f'<li><a href="/category/{name}">{title}</a></li>' for name, title in CATEGORIES.items()
    )
    return _page(
        "Furniture from the demo workshop",
        f"<h2>By kind</h2><ul>{listed}</ul>"
        '<p><a href="/products">All products</a>, <a href="/new">new ones</a>,'
        ' <a href="/catalogue.bin">our catalogue</a>.</p>',
        description="A shop that exists to be crawled.",
    )


def listing_page(number: int) -> str:
    """One page of the list of all products, 1 to `listing_pages()`."""
    shown = PRODUCTS[(number - 1) * PER_PAGE : number * PER_PAGE]
    pages = "".join(
        f'<a href="/products{f"?page={page}" if page > 1 else ""}">{page}</a> '
        for page in range(1, listing_pages() + 1)
    )
    return _page(
        f"All products, page {number}",
        f'{"".join(map(_block, shown))}<nav class="pages">{pages}</nav>',
    )


def category_page(name: str) -> str:
    """All products of a category."""
    shown = [product for product in PRODUCTS if product.category == name]
    return _page(CATEGORIES[name], "".join(map(_block, shown)))


def product_page(product: Product) -> str:
    """One product."""
    category = CATEGORIES[product.category]
    data = (
        '{"@context": "https://schema.org", "@type": "Product", '
        f'"name": "{product.name}", "sku": "D{product.number:03}", "offers": {{"@type": "Offer", '
        f'"price": "{product.cents / 100:.2f}", "priceCurrency": "EUR"}}}}'
    )
    return _page(
        product.name,
        f'<p class="price">€ {product.cents / 100:,.2f}</p>'
        f'<p class="stock">{_stock(product)}</p>'
        f'<p>Made since <time datetime="{product.released}">{product.released}</time>,'
        f' one of our <a href="/category/{product.category}">{category.lower()}</a>.</p>'
        f"<article><p>{_story(product)}</p></article>",
        head=f'<script type="application/ld+json">{data}</script>',
        description=f"{product.name}, made by hand.",
    )


def text_page(title: str, text: str) -> str:
    """A page with one paragraph."""
    return _page(title, f"<p>{escape(text)}</p>")


def history_page() -> str:
    """A page that is served in Windows-1252, and says so in its head alone."""
    return _page(
        "Our history",
        "<p>Café Zürich sold our first chair for 20 €: “the œuvre of a lifetime”.</p>",
        charset="windows-1252",
    )


def _stock(product: Product) -> str:
    return f"{product.in_stock} in stock" if product.in_stock else "sold out"


def _story(product: Product) -> str:
    wood = product.name.partition(" ")[0].lower()
    return (
        f"The {product.name.lower()} is turned from {wood} that grew within a day's walk of the"
        " workshop. It is oiled, never painted, and every joint can be opened again, so that it"
        " can be mended by whoever owns it after you. We send the tools along."
    )


def _block(product: Product) -> str:
    return (
        f'<div class="product"><h3><a href="/products/{product.number}">{product.name}</a></h3>'
        f'<span class="price">€ {product.cents / 100:,.2f}</span>'
        f' <span class="stock">{_stock(product)}</span></div>'
    )


def _page(
    title: str, main: str, *, head: str = "", description: str = "", charset: str = "utf-8"
) -> str:
    about = f'<meta name="description" content="{description}">' if description else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="{charset}">'
        f"<title>{title} | Demo shop</title>{about}{head}</head><body>"
        '<header><a href="/">Demo shop</a></header>'
        f"<main><h1>{title}</h1>{main}</main>"
        '<footer><a href="/about">About us</a> <a href="/history">Our history</a>'
        ' <a href="/delivery">Delivery</a> <a href="/gone">Jobs</a>'
        ' <a href="/admin">Office</a> <a href="https://example.com/">A friend</a></footer>'
        "</body></html>"
    )
