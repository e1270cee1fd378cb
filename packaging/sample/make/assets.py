"""The attachments of the sample mail, drawn here so that nothing comes from anybody else."""

import csv
import io
import math
import pathlib
import random
import sys
import zipfile

import docx
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf"
NIGHT, PAPER, RED, GOLD, GREEN = "#23395b", "#f6f1e7", "#b5473c", "#d9a441", "#5f7f5f"


def lantern(draw, x, y, size, colour):
    draw.line((x, y - size * 1.4, x, y - size), fill=NIGHT, width=max(1, size // 14))
    draw.ellipse((x - size, y - size, x + size, y + size), fill=colour)
    for step in (-0.5, 0, 0.5):
        half = size * math.cos(step)
        draw.line((x - half, y + size * step, x + half, y + size * step), fill=PAPER, width=2)
    draw.rectangle((x - size // 3, y + size - 2, x + size // 3, y + size + size // 6), fill=NIGHT)


def text(draw, xy, words, size, colour=NIGHT):
    draw.text(xy, words, font=ImageFont.truetype(FONT, size), fill=colour, anchor="mm")


def logo():
    image = Image.new("RGB", (320, 96), PAPER)
    draw = ImageDraw.Draw(image)
    lantern(draw, 48, 52, 26, RED)
    text(draw, (196, 40), "Paper Lantern", 26)
    text(draw, (196, 68), "letterpress & stationery", 12, RED)
    return image


def card():
    image = Image.new("RGB", (480, 340), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((14, 14, 465, 325), outline=GREEN, width=3)
    for x, size, colour in ((110, 34, RED), (240, 46, GOLD), (370, 34, GREEN)):
        draw.line((x, 14, x, 130 - size), fill=NIGHT, width=2)
        lantern(draw, x, 130, size, colour)
    text(draw, (240, 250), "Warm winter wishes", 30)
    text(draw, (240, 288), "2026", 16, RED)
    return image


def menu():
    image = Image.new("RGB", (420, 560), PAPER)
    draw = ImageDraw.Draw(image)
    draw.rectangle((16, 16, 403, 543), outline=NIGHT, width=2)
    text(draw, (210, 70), "HARBOUR COFFEE", 30)
    text(draw, (210, 104), "winter menu", 18, RED)
    items = ("Flat white  3.40", "Cinnamon bun  3.10", "Smoked trout on rye  8.90",
             "Parsnip soup  6.50", "Plum crumble  5.20", "Mulled apple  4.00")
    for row, item in enumerate(items):
        text(draw, (210, 170 + row * 54), item, 19)
        draw.line((150, 196 + row * 54, 270, 196 + row * 54), fill=GOLD, width=1)
    return image


def photo(width, height):
    """A dusk over the harbour: gradients, blurred lights and film grain."""
    noise = random.Random(7)
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    for y in range(height):
        t = y / height
        draw.line((0, y, width, y), fill=(int(30 + 190 * t), int(40 + 90 * t), int(90 + 10 * t)))
    for _ in range(90):
        x, y, r = noise.randrange(width), noise.randrange(height // 2, height), noise.randrange(3, 26)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=(255, noise.randrange(150, 230), 110))
    image = image.filter(ImageFilter.GaussianBlur(5))
    grain = Image.effect_noise((width, height), 26).convert("RGB")
    return Image.blend(image, grain, 0.12)


def invoice(path, number, seller, lines):
    page = canvas.Canvas(str(path), pagesize=A4, invariant=1)
    page.setTitle(f"Invoice {number}")
    page.setFont("Helvetica-Bold", 18)
    page.drawString(60, 780, seller)
    page.setFont("Helvetica", 11)
    page.drawString(60, 755, f"Invoice {number} to Paper Lantern Press")
    total = 0
    for row, (name, amount) in enumerate(lines):
        page.drawString(60, 710 - 20 * row, name)
        page.drawRightString(500, 710 - 20 * row, f"{amount:.2f} EUR")
        total += amount
    page.setFont("Helvetica-Bold", 11)
    page.drawRightString(500, 690 - 20 * len(lines), f"Total {total:.2f} EUR")
    page.save()


def price_list(path):
    rows = [("item", "format", "grams", "price per 100")]
    rows += [("Cotton board", "A5", 600, "48.00"), ("Cotton board", "A6", 600, "26.50"),
             ("Felt laid", "A4", 160, "14.20"), ("Felt laid envelope", "C6", 120, "17.80"),
             ("Grey board", "A4", 1200, "39.00")]
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    path.write_bytes(out.getvalue().encode())


def brief(path):
    document = docx.Document()
    document.add_heading("Web shop: what we want", 1)
    for line in ("Product pages with one large picture and three small ones.",
                 "Prices with and without tax.", "A note field for the wording on the card.",
                 "Everything must work on an old phone with a bad connection."):
        document.add_paragraph(line, style="List Bullet")
    document.save(str(path))


def specimens(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for face in ("Caslon 24", "Gill 18", "Clarendon 36"):
            info = zipfile.ZipInfo(f"specimens/{face}.txt", (2026, 11, 1, 12, 0, 0))
            archive.writestr(info, f"{face}\n\nABCDEFGHIJKLMNOPQRSTUVWXYZ\nabcdefghijklmnopqrstuvwxyz\n" * 20)


def make(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    logo().save(folder / "logo.png", optimize=True)
    card().save(folder / "card.png", optimize=True)
    menu().save(folder / "menu.png", optimize=True)
    photo(400, 260).save(folder / "stall.jpg", quality=60)
    photo(1280, 860).save(folder / "poster.jpg", quality=96)
    invoice(folder / "invoice.pdf", "2026-1187", "Papierkontor Keller",
            [("Cotton board A5, 2 x 100", 96.0), ("Felt laid envelopes C6, 5 x 100", 89.0), ("Freight", 12.5)])
    invoice(folder / "ticket.pdf", "MR-40817", "Midland Rail", [("Return, Saturday 28 November", 38.4)])
    price_list(folder / "prices.csv")
    brief(folder / "brief.docx")
    specimens(folder / "specimens.zip")


if __name__ == "__main__":
    make(sys.argv[1])
