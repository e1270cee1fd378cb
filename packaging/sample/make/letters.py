"""The sample mail that Python's email package, gpg and openssl compose: charsets and rare structures.

letters.write(ASSETS, OUT) puts one file per message into OUT. Some messages are assembled from
text lines because the legacy charsets and odd forms they show are those that no library writes.
"""

import base64
import datetime
import email.header
import email.message
import email.policy
import email.utils
import pathlib
import subprocess
import tempfile

POLICY = email.policy.SMTP.clone(linesep="\n", max_line_length=76)
ALICE = "alice@example.test"


class Writer:
    def __init__(self, assets, out):
        self.assets = pathlib.Path(assets)
        self.out = pathlib.Path(out)
        self.count = 0

    def asset(self, name):
        return (self.assets / name).read_bytes()

    def put(self, data, where, via, sender=None):
        """File `data`; `where` is "box state state", `via` the host it travels through."""
        box, *state = where.split()
        route = f"X-Sample: box={box}, state={'+'.join(state)}, via={via}"
        if sender is not None:
            route += f", sender={sender}"
        self.count += 1
        (self.out / f"py-{self.count:03d}.eml").write_bytes(route.encode() + b"\n" + data)

    def modern(self, date, sender, subject, text=None, charset="utf-8", cte=None, **headers):
        """A message of the email package's new interface."""
        message = email.message.EmailMessage(policy=POLICY)
        basics(message, date, sender, headers.pop("to", f"Alice Winter <{ALICE}>"), subject, headers)
        if text is not None:
            message.set_content(text, charset=charset, cte=cte)
        return message


def basics(message, date, sender, to, subject, headers):
    when = datetime.datetime.fromisoformat(date)
    message["Date"] = email.utils.format_datetime(when)
    message["From"] = sender
    message["To"] = to
    if subject is not None:
        message["Subject"] = subject
    domain = email.utils.parseaddr(str(sender))[1].partition("@")[2]
    message["Message-ID"] = f"<{when:%Y%m%d%H%M}.{abs(hash_of(date + domain)) % 10**8:08d}@{domain}>"
    message["MIME-Version"] = "1.0"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value


def hash_of(text):
    """A stable number for a text; Python's own hash() differs from run to run."""
    value = 0
    for byte in text.encode():
        value = (value * 131 + byte) % 2**61
    return value


def legacy(date, name, address, subject, text, charset, cte="8bit", to=None):
    """A message as older mail programs write it: encoded-words and body in a legacy charset."""
    def word(value):
        return email.header.Header(value, charset, maxlinelen=76).encode()

    when = datetime.datetime.fromisoformat(date)
    domain = address.partition("@")[2]
    body = text.encode(charset)
    if cte == "base64":
        body = base64.encodebytes(body)
    head = [
        f"Date: {email.utils.format_datetime(when)}",
        f"From: {word(name)} <{address}>",
        f"To: {to or 'Alice Winter <alice@example.test>'}",
        f"Subject: {word(subject)}",
        f"Message-ID: <{when:%Y%m%d%H%M}.{hash_of(address) % 10**6}@{domain}>",
        "MIME-Version: 1.0",
        f"Content-Type: text/plain; charset={charset}",
        f"Content-Transfer-Encoding: {cte}",
    ]
    return "\n".join(head).encode("ascii") + b"\n\n" + body


def charsets(w):
    """Business in many scripts."""
    w.put(legacy("2026-11-17T08:12:00+01:00", "Jonas Keller", "jonas.keller@papierkontor.example",
                 "Lieferung heute: Büttenkarton und Umschläge",
                 "Guten Morgen Frau Winter,\n\nIhre Bestellung ist verpackt und geht heute Nachmittag auf die Reise:\n"
                 "2 × Büttenkarton A5, 5 × Umschläge C6. Der Fahrer klingelt zweimal, er kennt\n"
                 "die Tür schon.\n\nSchöne Grüße aus Mainz\nJonas Keller\n", "iso-8859-1"),
          "alice-inbox read", "papierkontor")
    w.put(legacy("2026-11-13T14:26:00+01:00", "Émilie Fournier", "emilie@atelier-fournier.example",
                 "Reliure des albums : échantillons prêts",
                 "Bonjour Alice,\n\nles échantillons de toile sont prêts — j’ai gardé le bleu nuit et le « rouge\n"
                 "brique » pour toi. Le prix reste à 18 € par album, même pour la petite série.\n\n"
                 "À bientôt,\nÉmilie\n", "windows-1252"),
          "alice-inbox read+flagged", "atelier-fournier")
    w.put(legacy("2026-11-12T11:03:00+03:00", "Ирина Соколова", "irina@tipografia.example",
                 "Деревянный шрифт: фотографии и цена",
                 "Здравствуйте, Алиса!\n\nШрифт сохранился хорошо, не хватает только трёх букв. Фотографии\n"
                 "пришлю завтра. Цена вместе с кассами прежняя.\n\nС уважением,\nИрина\n", "koi8-r"),
          "alice-inbox read", "tipografia")
    w.put(legacy("2026-11-19T10:40:00+09:00", "佐藤美咲", "misaki@sakura-bungu.example",
                 "クリスマスカードのご注文について",
                 "アリス様\n\nお世話になっております。さくら文具の佐藤です。\n"
                 "先日お送りいただいた見本はとても好評でした。クリスマスカードを\n二百枚、追加で注文したいと思います。\n\n"
                 "どうぞよろしくお願いいたします。\n佐藤\n", "iso-2022-jp", "7bit"),
          "alice-inbox flagged", "sakura-bungu")
    w.put(legacy("2026-11-11T18:22:00+09:00", "山田健", "ken.yamada@washi-koubou.example",
                 "和紙の見本を発送しました",
                 "アリス様\n\n和紙の見本を本日発送いたしました。十日ほどで届く予定です。\n①白 ②生成り ③藍\n\n山田\n",
                 "cp932", "base64").replace(b"cp932", b"shift_jis"),
          "alice-inbox read", "washi-koubou")
    w.put(legacy("2026-11-16T15:30:00+08:00", "李明", "li.ming@west-lake-print.example",
                 "关于灯笼贺卡的报价",
                 "爱丽丝您好：\n\n灯笼贺卡五百张的报价已经算好，含烫金每张一元二角。\n如果本月确认，十二月十日前可以发货。\n\n此致\n李明\n",
                 "gb18030", "base64"),
          "alice-inbox read", "west-lake-print")
    w.put(legacy("2026-11-10T13:15:00+09:00", "김서연", "seoyeon@hanji-house.example",
                 "한지 봉투 샘플 안내",
                 "앨리스 님, 안녕하세요.\n\n한지 봉투 샘플 세 가지를 보내 드렸습니다. 색상은 편하게 골라 주세요.\n\n"
                 "감사합니다.\n김서연 드림\n", "euc-kr"),
          "alice-inbox read", "hanji-house")
    w.put(legacy("2026-11-09T09:48:00+01:00", "Małgorzata Wiśniewska", "gosia@papierowy-kot.example",
                 "Zamówienie: trzydzieści kartek świątecznych",
                 "Dzień dobry,\n\nproszę o trzydzieści kartek z latarniami, najlepiej na początku grudnia.\n\n"
                 "Pozdrawiam serdecznie\nMałgosia\n", "iso-8859-2"),
          "alice-inbox read", "papierowy-kot")
    w.put(w.modern("2026-11-18T12:07:00+04:00", "ليلى حداد <layla@dar-alwaraq.example>",
                   "بطاقات الدعوة: الطلب جاهز للمراجعة",
                   "مرحبا أليس،\n\nراجعت النموذج وهو جميل جدا. أرجو تغيير التاريخ إلى 12 ديسمبر ثم الطباعة.\n"
                   "العدد 80 بطاقة مع الأظرف.\n\nمع الشكر،\nليلى\n", cte="base64").as_bytes(),
          "alice-inbox read", "dar-alwaraq")
    w.put(w.modern("2026-11-22T13:35:00+02:00", "נועה בן-עמי <noa@bayit-dfus.example>",
                   "הדפסה חדשה: שאלה על הנייר",
                   "שלום אליס,\n\nהאם הנייר הכבד (600 גרם) מתאים גם להדפסה בשני צבעים? "
                   "נשמח לקבל שתי דוגמאות.\n\nתודה,\nנועה\n", cte="quoted-printable").as_bytes(),
          "alice-inbox", "bayit-dfus")
    w.put(w.modern("2026-11-08T17:20:00+01:00", "Matteo Ricciardi <matteo@lastampa-lenta.example>",
                   "Perché no? Un caffè a dicembre ☕",
                   "Ciao Alice,\n\npasso da voi il 3 dicembre. Un caffè, due chiacchiere e ti porto i\ncaratteri di Bodoni"
                   " che cercavi. Così è più semplice.\n\nMatteo\n", cte="8bit").as_bytes(),
          "alice-inbox read", "lastampa-lenta")


def nested(w):
    """Structures: related inside alternative inside mixed, forwards, a digest, reports."""
    message = w.modern("2026-11-14T18:02:00+00:00", "Greta Lindqvist <greta@northlight-photo.example>",
                       "Thursday's pictures: a first look, and the licence",
                       "Hi Alice,\n\na first look at the card picture. The licence is attached; it covers shop,\n"
                       "newsletter and the stall.\n\nGreta\n")
    message.add_alternative("<p>Hi Alice,</p><p>a first look at the card picture:</p><p><img src=\"cid:look@northlight\""
                            " alt=\"Three paper lanterns on a card\"></p><p>The licence is attached; it covers shop,"
                            " newsletter and the stall.</p><p>Greta</p>", subtype="html")
    message.get_payload()[1].add_related(w.asset("card.png"), "image", "png", cid="<look@northlight>")
    message.add_attachment(w.asset("invoice.pdf"), maintype="application", subtype="pdf",
                           filename="Lizenz für Bilder – Häfen & Lichter.pdf")
    w.put(message.as_bytes(), "alice-inbox read", "northlight-photo")

    inner = w.modern("2026-11-05T16:44:00+00:00", "Harbour Council <stalls@harbour-council.example>",
                     "Stall places for the Winter Market", to="priya@harbourcoffee.example",
                     text="Dear stall holders,\n\nyour place is number 3 and 4 (double). Building up from 9:00, cars must\n"
                          "leave by 10:30. Electric heaters are not allowed.\n\nHarbour Council\n")
    message = w.modern("2026-11-09T08:50:00+00:00", "Priya Raman <priya@harbourcoffee.example>",
                       "Fwd: Stall places for the Winter Market", "The council's own words, for the file.\n\nPriya\n")
    message.add_attachment(inner)
    w.put(message.as_bytes(), "alice-inbox read", "harbourcoffee")

    w.put(digest(w), "alice-archive read", "lists.typefolk", "letterpress-bounces@lists.typefolk.example")
    w.put(vacation(w), "alice-inbox read", "papierkontor", "")
    w.put(receipt_of_reading(w), "alice-inbox read", "oldboathouse", "")


def digest(w):
    topics = [("Wanted: a composing stick, 10 inch", "Barnaby Quill <barnaby@quill-yard.example>", "Any condition, as long as the knee locks.\n"),
              ("Re: Wanted: a composing stick, 10 inch", "Yusuf Demir <yusuf@stonelane-press.example>", "I have two. Send me your address.\n"),
              ("Paper that smells of smoke", "Edith Pellworm <edith@woodtype-barn.example>", "Airing did not help. Does charcoal?\n")]
    message = email.message.Message(policy=email.policy.compat32)
    basics(message, "2026-11-07T04:00:00+00:00", "letterpress-request@lists.typefolk.example",
           "letterpress@lists.typefolk.example", "letterpress Digest, Vol 31, Issue 4",
           {"List_Id": "Letterpress talk <letterpress.lists.typefolk.example>", "Precedence": "list"})
    message.set_type("multipart/mixed")
    menu = email.message.Message()
    menu.set_payload("Today's topics:\n\n" + "".join(f"   {n}. {topic[0]}\n" for n, topic in enumerate(topics, 1)))
    message.attach(menu)
    bundle = email.message.Message()
    bundle["Content-Type"] = "multipart/digest"
    for hour, (subject, sender, text) in enumerate(topics, 8):
        item = w.modern(f"2026-11-06T{hour:02d}:10:00+00:00", sender, subject, text,
                        to="letterpress@lists.typefolk.example")
        part = email.message.Message()  # no Content-Type: in a digest that means message/rfc822
        part.set_payload(item.as_string())
        bundle.attach(part)
    message.attach(bundle)
    return message.as_bytes()


def vacation(w):
    return w.modern("2026-11-20T15:01:00+01:00", "Jonas Keller <jonas.keller@papierkontor.example>",
                    "Automatische Antwort: 500 Umschläge in Nachtblau",
                    "Guten Tag,\n\nich bin bis einschließlich Montag, 23. November, nicht im Büro. In dringenden\n"
                    "Fällen hilft Ihnen das Lager unter lager@papierkontor.example.\n\nJonas Keller\n",
                    Auto_Submitted="auto-replied", X_Auto_Response_Suppress="All", Precedence="bulk",
                    In_Reply_To="<20261118.umschlaege@example.test>").as_bytes()


def receipt_of_reading(w):
    message = email.message.Message(policy=email.policy.compat32)
    basics(message, "2026-11-16T13:20:00+00:00", "The Old Boathouse <events@oldboathouse.example>",
           f"Alice Winter <{ALICE}>", "Read: Re: Table cards for 15 May", {"Auto_Submitted": "auto-replied"})
    message.set_type("multipart/report")
    message.set_param("report-type", "disposition-notification")
    text = email.message.Message()
    text.set_payload("Your message was read on Monday 16 November 2026, 13:19.\n", "us-ascii")
    notice = email.message.Message()
    notice["Content-Type"] = "message/disposition-notification"
    notice.set_payload("Reporting-UA: boathouse.example; Desk 4.1\nFinal-Recipient: rfc822;events@oldboathouse.example\n"
                       "Disposition: manual-action/MDN-sent-manually; displayed\n")
    message.attach(text)
    message.attach(notice)
    return message.as_bytes()


def entity(text):
    """The signed part of a message, in the CRLF form that signatures are made of."""
    part = email.message.EmailMessage(policy=email.policy.SMTP)
    part.set_content(text)
    del part["MIME-Version"]
    return part.as_bytes()


def signed(w):
    """Really signed, with keys that live for as long as this script runs."""
    body = entity("Alice,\n\nmy new bank details for the remaining invoice are on paper in your letter box.\n"
                  "If a mail ever tells you otherwise, it is not from me.\n\nTom\n")
    with tempfile.TemporaryDirectory() as folder:
        signature = pgp_sign(folder, body)
        smime = smime_sign(folder, entity("Dear Ms Winter,\n\nfrom 1 January 2027 a business account costs 6.50 a month.\n"
                                          "Nothing else changes.\n\nQuay Bank\n"))
    boundary = b"=-pgp-20261121"
    head = w.modern("2026-11-21T11:11:00+00:00", "Tom Okafor <tom@brightfold.example>", "About bank details (signed)")
    lines = [head.as_bytes().rstrip(b"\n"),
             b'Content-Type: multipart/signed; micalg="pgp-sha256";\n\tprotocol="application/pgp-signature"; boundary="%s"' % boundary,
             b"", b"--" + boundary, body.replace(b"\r\n", b"\n"), b"--" + boundary,
             b'Content-Type: application/pgp-signature; name="signature.asc"\nContent-Description: OpenPGP digital signature\n',
             signature, b"--" + boundary + b"--", b""]
    w.put(b"\n".join(lines), "alice-inbox", "brightfold")
    head = w.modern("2026-11-03T10:00:00+00:00", "Quay Bank <post@quaybank.example>",
                    "Our new terms from January (signed)").as_bytes().rstrip(b"\n")
    w.put(head.replace(b"MIME-Version: 1.0\n", b"").replace(b"\nMIME-Version: 1.0", b"") + b"\n" + smime,
          "alice-archive read", "quaybank")


def run(*command, **options):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **options).stdout


def pgp_sign(folder, body):
    home = ["gpg", "--homedir", folder, "--batch", "--passphrase", ""]
    run(*home, "--quick-gen-key", "Tom Okafor <tom@brightfold.example>", "ed25519", "sign", "never")
    try:
        return run(*home, "--armor", "--textmode", "--detach-sign", input=body)
    finally:
        run("gpgconf", "--homedir", folder, "--kill", "gpg-agent")


def smime_sign(folder, body):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "365",
        "-subj", "/CN=Quay Bank/emailAddress=post@quaybank.example",
        "-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem")
    out = run("openssl", "cms", "-sign", "-signer", f"{folder}/cert.pem", "-inkey", f"{folder}/key.pem", input=body)
    return out.replace(b"\r\n", b"\n")


def edges(w):
    """What mail programs stumble over."""
    w.put(w.modern("2026-11-21T22:50:00+00:00", "Rosa Fenwick <rosa@fenwick-family.example>", None,
                   "sorry, forgot: the envelope liners in gold please. R.\n").as_bytes(), "alice-inbox", "fenwick-family")
    w.put(w.modern("2026-11-15T12:00:00+00:00", "Bob Hartley <bob@example.test>", "Key is under the blue pot (no more text)",
                   "").as_bytes(), "alice-inbox read", "submission")
    picture = w.modern("2026-11-14T07:33:00+00:00", "Bob Hartley <bob@example.test>", "Scan")
    picture.set_content(w.asset("stall.jpg"), "image", "jpeg", disposition="attachment", filename="scan0001.jpg")
    w.put(picture.as_bytes(), "alice-inbox read", "submission")
    html = w.modern("2026-11-10T18:45:00+00:00", "Marnie Osei <marnie@lettering.example>", "Only one line, but in colour")
    html.set_content("<html><body><p style=\"color:#b5473c;font-size:20px\">The gold foil sample came out <b>perfect</b>."
                     "</p><script>document.title='no';</script></body></html>", subtype="html")
    w.put(html.as_bytes(), "alice-inbox read", "lettering")
    w.put(w.modern("2026-11-12T21:37:00+00:00", "Barnaby Quill <barnaby@quill-yard.example>",
                   "A subject that is much longer than anybody would ever write, except that Barnaby did, because he thinks "
                   "that the subject is the letter and the letter is only there for the attachments, of which there are none "
                   "today, but the kettle is on whenever you come past the yard on a Thursday, and do bring the small brush",
                   "See above.\n\nB.\n").as_bytes(), "alice-inbox read", "quill-yard")
    long = ("I have thought about the bindery for the whole evening and I think that we should buy the guillotine together, "
            "because it stands idle at your place on the days when I need it and the other way round. ") * 9
    w.put(w.modern("2026-11-08T22:14:00+01:00", "Matteo Ricciardi <matteo@lastampa-lenta.example>",
                   "One paragraph, one line, no breath", long + "\n", cte="8bit").as_bytes(), "alice-archive read", "lastampa-lenta")
    flowed = legacy("2026-11-19T20:20:00+00:00", "Edith Pellworm", "edith@woodtype-barn.example", "Visiting on the 2nd, if the van agrees",
                    "Dear Alice, \n\nthe van passed its test, to everybody's surprise, so I can be with you on \n"
                    "the second of December around noon. I bring the two cases of Clarendon \nand a cake.\n\n"
                    "> Do you still have the grotesque in 12 line? \n> I would need it for a poster.\n"
                    "Yes. It has a crack in the R but prints.\n\nEdith\n\n-- \nThe Barn, third gate on the left\n", "us-ascii", "7bit")
    w.put(flowed.replace(b"charset=us-ascii", b"charset=us-ascii; format=flowed"), "alice-inbox read", "woodtype-barn")


def write(assets, out):
    writer = Writer(assets, out)
    for chapter in (charsets, nested, signed, edges):
        chapter(writer)
    print(f"{writer.count} letters by Python, gpg and openssl")
