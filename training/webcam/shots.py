"""The subjects of the webcam-like benchmark set: cards with texts of our own in front of a camera."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A line of text at an em size in pixels of the frame; tabs keep its parts apart.

    Without a font or an ink of its own it has the card's.
    """

    text: str
    size: int
    font: str = ""
    ink: str = ""


@dataclass(frozen=True)
class Card:
    """A flat thing with rows of text on it; lengths are in pixels of the frame.

    `tooth` is how rough the paper is, `frame` the width of a border, `bend` half the angle in radians by
    which it goes around a cylinder; a `bare` card is letters alone, painted on what is behind them.
    """

    width: int
    rows: tuple[Row, ...]
    font: str
    paper: str = "#f5f2ea"
    ink: str = "#1c1c1c"
    align: str = "m"
    pad: int = 16
    leading: float = 1.3
    tracking: int = 0
    frame: int = 0
    tooth: float = 2.0
    bend: float = 0.0
    bare: bool = False


@dataclass(frozen=True)
class Pose:
    """The pose of a card: its centre in fractions of the frame, and angles in degrees."""

    x: float = 0.5
    y: float = 0.5
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    shadow: float = 0.45


@dataclass(frozen=True)
class Shot:
    """One picture: cards on a ground, and the conditions it was taken in."""

    name: str
    seed: int
    ground: str
    look: str
    cards: tuple[tuple[Card, Pose], ...] = ()
    ground_light: float = 1.0


def rows(*lines: str, size: int) -> tuple[Row, ...]:
    """Rows of one size."""
    return tuple(Row(line, size) for line in lines)


PROSE = (
    "The ferry left at dusk with nine goats and a grand",
    "piano on its lower deck. Nobody had asked the captain",
    "whether goats like music, so when the first chord rang",
    "out above the engine they answered it, every one of",
    "them, in a different key. By midnight the cook was",
    "dancing and the harbour lights were far behind.",
    "In the morning a fog came down. The pianist, a small",
    "woman with enormous gloves, played slower and slower",
    "until even the waves seemed to be waiting for her.",
    "Somewhere to the north a whale sang the missing note.",
)
LETTER = (
    "Dear neighbours,",
    "our tortoise Hannibal escaped again.",
    "He is slow but very determined, and he",
    "loves strawberries. Should he visit you,",
    "kindly ring the bell at number eleven.",
    "Yours, the Abernathy twins",
)
TERMINAL = (
    "$ git switch lighthouse",
    "Switched to branch lighthouse",
    "$ pytest tests/harbour",
    "collected 214 items",
    "213 passed, 1 skipped",
    "$ echo Ready for review",
    "Ready for review",
)

SHOTS = (
    Shot("bakery_door", 1, "wood", "daylight", (
        (Card(380, (Row("KNOCK LOUDLY", 46), Row("we are kneading dough", 26, "soft")), "tall",
              "#fbf6e6", "#8c2f1b", frame=3), Pose(0.5, 0.48, yaw=14, pitch=-4, roll=-2)),
    )),
    Shot("street_names", 2, "hedge", "daylight", (
        (Card(350, (Row("JUNIPER LANE", 34), Row("leading to Harbour Steps", 19)), "wide", "#ffffff",
              "#11331f", frame=3), Pose(0.46, 0.36, yaw=-22, pitch=5)),
        (Card(240, (Row("WILLOW MEWS", 34),), "narrow", "#1d3f72", "#ffffff", pad=10),
         Pose(0.66, 0.74, yaw=18, roll=3)),
    )),
    Shot("book_page", 3, "wood", "office", (
        (Card(560, (Row("Chapter Seven", 30), *rows(*PROSE, size=20)), "serif", "#f3ecd9", align="l", pad=34,
              leading=1.5), Pose(0.5, 0.5, pitch=-9, roll=2)),
    )),
    Shot("departures", 4, "room", "backlit", (
        (Card(540, rows("12:40\tBrighton\t4", "12:52\tOxford\t11", "13:07\tPenzance\t2", "13:15\tHereford\t9",
                        size=32), "mono bold", "#101010", "#ffb22e", leading=1.55),
         Pose(0.5, 0.46, yaw=-10, pitch=6)),
    ), 0.6),
    Shot("chat", 5, "tartan", "office", (
        (Card(300, (Row("Aunt Beatrix", 24, "soft bold"), Row("Train is delayed", 23),
                    Row("order me some soup", 23), Row("pumpkin or tomato?", 23, ink="#0b6b3a"),
                    Row("Surprise me!", 23)), "soft", "#ffffff", "#262a33",
              align="l", pad=22, leading=1.75), Pose(0.5, 0.5, yaw=8, roll=-6)),
    )),
    Shot("terminal", 6, "room", "dark", (
        (Card(520, rows(*TERMINAL, size=24), "code", "#1d2230", "#d9e4f2", align="l", pad=20, leading=1.5,
              tooth=1), Pose(0.5, 0.5, yaw=9)),
    ), 0.5),
    Shot("jam_jar", 7, "marble", "daylight", (
        (Card(300, (Row("Blackcurrant", 42), Row("JAM", 54, "tall"), Row("cooked in September", 22, "soft"),
                    Row("340 grams", 24, "soft")), "humane", "#fffdf4", "#4b1450", frame=3, bend=0.9),
         Pose(0.5, 0.5)),
    )),
    Shot("number_plate", 8, "terrazzo", "handheld", (
        (Card(380, (Row("KX52 LMT", 66),), "plate", "#f2c814", "#141414", frame=3, tracking=3),
         Pose(0.5, 0.55, yaw=-18, pitch=8)),
    )),
    Shot("house_number", 9, "hedge", "evening", (
        (Card(190, (Row("1408", 76),), "sans", "#e8e4da", "#222233", pad=18), Pose(0.4, 0.45, yaw=15)),
    )),
    Shot("pin_board", 10, "cork", "office", (
        (Card(250, rows("Buy stamps,", "call Miriam,", "water orchids", size=34), "hand", "#ffe95c",
              "#20306b", align="l", pad=16), Pose(0.25, 0.3, roll=6, yaw=6)),
        (Card(250, (Row("Dentist", 34, "tall"), Row("Tuesday 9:45, floor 3", 19), Row("bring the forms", 19)),
              "soft", "#dff1ff", "#123a5a", pad=18), Pose(0.7, 0.36, roll=-5)),
        (Card(330, (Row("LOST: grey umbrella", 25), Row("with a duck as its handle", 20)), "mono", "#ffffff",
              "#8a1220", pad=14, leading=1.5), Pose(0.46, 0.77, roll=3, pitch=-6)),
    )),
    Shot("concert_poster", 11, "room", "soft", (
        (Card(380, (Row("GARDEN CONCERT", 58), Row("Brass, strings and bumblebees", 23, "soft"),
                    Row("Saturday 14 June", 32, "soft bold", "#ffd75a"),
                    Row("bring your own blanket", 24, "soft")), "tall", "#17494d", "#f7f3e3", leading=1.5,
              pad=24), Pose(0.5, 0.5, yaw=-12, roll=2)),
    )),
    Shot("ice_warning", 12, "terrazzo", "glare", (
        (Card(360, (Row("BEWARE", 74), Row("Slippery when icy", 32, "soft bold")), "mono bold", "#f6cf1b",
              "#111111", frame=4, pad=22), Pose(0.5, 0.5, yaw=12, pitch=-10, roll=-3)),
    )),
    Shot("name_badge", 13, "tartan", "handheld", (
        (Card(330, (Row("Hello, my name is", 26, "soft bold", "#ffffff"), Row("Ottilie", 84)), "hand",
              "#b3261e", "#fff6f0", pad=18), Pose(0.5, 0.52, roll=-8, yaw=10)),
    )),
    Shot("chalkboard_menu", 14, "wood", "evening", (
        (Card(470, (Row("Kitchen specials", 44, "hand"), Row("Leek and barley soup\t5.40", 27),
                    Row("Grilled mackerel\t11.80", 27), Row("Plum dumplings\t6.20", 27)), "humane", "#23302b",
              "#f4f4ea", pad=26, leading=1.6), Pose(0.5, 0.5, yaw=-8, pitch=-5)),
    )),
    Shot("painted_wall", 15, "marble", "daylight", (
        (Card(560, (Row("PICKLED", 120), Row("HERRING", 120)), "tall", ink="#1f4e79", bare=True,
              leading=1.05),
         Pose(0.5, 0.5, yaw=20, roll=-2, shadow=0)),
    )),
    Shot("whiteboard", 16, "marble", "glare", (
        (Card(520, (Row("Ferry timetable bugs", 48, ink="#a01818"), Row("1. clocks drift apart", 42),
                    Row("2. tides are ignored", 42), Row("3. seagulls eat tickets", 42)), "hand",
              ink="#16309c", bare=True, align="l", leading=1.5), Pose(0.5, 0.5, yaw=-9, shadow=0)),
    )),
    Shot("parcel", 17, "wood", "handheld", (
        (Card(430, (Row("Mrs Agatha Pemberton", 29), Row("27 Larkspur Crescent", 29), Row("NORWICH", 29),
                    Row("NR4 7TJ", 29)), "mono", "#fdfdfb", align="l", pad=26, leading=1.45),
         Pose(0.5, 0.5, roll=-9, pitch=-8)),
    )),
    Shot("road_sign", 18, "hedge", "handheld", (
        (Card(400, (Row("Whitstable\t9", 42), Row("Canterbury\t16", 42), Row("Dungeness\t38", 42)), "plate",
              "#0b5d3b", "#ffffff", frame=3, pad=26, leading=1.4), Pose(0.5, 0.45, yaw=17)),
    )),
    Shot("parking_rules", 19, "room", "backlit", (
        (Card(300, (Row("Permit holders", 34), Row("only beyond", 34), Row("this lamppost", 34),
                    Row("Mon-Sat 8am-6pm", 26, "mono")), "narrow", "#fafafa", "#143a7b", frame=3, pad=22,
              leading=1.4), Pose(0.52, 0.5, yaw=-20, pitch=4)),
    )),
    Shot("newspaper", 20, "marble", "office", (
        (Card(560, (Row("Lighthouse keeper retires", 44), Row("after forty winters alone", 44),
                    Row("His parrot will stay and has learned", 22, "sans"),
                    Row("to switch the lamp on at sunset,", 22, "sans"),
                    Row("says the mayor of Saltburn Quay.", 22, "sans")), "serif", "#e9e6dc", "#262626",
              align="l", pad=28, leading=1.38), Pose(0.5, 0.5, roll=3, yaw=-6)),
    )),
    Shot("spreadsheet", 21, "room", "dark", (
        (Card(560, rows("Harvest\tcrates\tkilos\torchard", "Apricots\t48\t312\tupper",
                        "Quinces\t17\t95\tlower", "Walnuts\t63\t410\tupper", "Damsons\t29\t158\triverside",
                        size=23), "plain", "#f7f9fc", "#1b2735", pad=24, leading=1.7, tooth=1),
         Pose(0.5, 0.5, yaw=7, pitch=3)),
    ), 0.5),
    Shot("cereal_box", 22, "terrazzo", "handheld", (
        (Card(320, (Row("CRUNCHY", 70, "tall", "#ffe14d"), Row("Hazelnut Clusters", 31),
                    Row("with roasted barley", 25, "soft"), Row("and nothing silly", 25, "soft")),
              "soft bold", "#3b1d6e", "#ffffff", pad=30, leading=1.45), Pose(0.5, 0.5, yaw=24, roll=4)),
    )),
    Shot("neighbour_letter", 23, "tartan", "evening", (
        (Card(490, rows(*LETTER, size=23), "plain", "#f4f1e6", "#1f2a44", align="l", pad=30, leading=1.6),
         Pose(0.5, 0.5, roll=-3, pitch=-7)),
    )),
    Shot("lecture_slide", 24, "room", "soft", (
        (Card(430, (Row("Why otters juggle", 34, "soft bold", "#0f4c81"),
                    Row("Idle paws practise on pebbles", 22),
                    Row("Hungry otters juggle more often", 22), Row("Pups learn by copying parents", 22)),
              "plain", "#ffffff", "#222222", align="l", pad=26, leading=1.7),
         Pose(0.56, 0.42, yaw=13, pitch=4)),
    ), 0.6),
    Shot("coffee_tin", 25, "tartan", "glare", (
        (Card(300, (Row("ROASTED", 40), Row("SLOWLY", 40), Row("beans from Antigua", 26, "soft")), "wide",
              "#5b2c12", "#f7e7c6", pad=26, bend=0.8), Pose(0.5, 0.5, roll=-3)),
    )),
    Shot("spice_rack", 28, "shelf", "soft", (
        (Card(170, (Row("CARDAMOM", 30),), "tall light", "#f2ead2", "#2c2c2c", pad=12),
         Pose(0.2, 0.33, yaw=9)),
        (Card(170, (Row("Turmeric", 30),), "humane", "#f2c14e", "#3a2000", pad=12), Pose(0.53, 0.36, yaw=9)),
        (Card(170, (Row("saffron", 34),), "hand", "#fbfbf7", "#7a1f1f", pad=12), Pose(0.82, 0.34, yaw=9)),
        (Card(190, (Row("juniper berries", 21),), "serif", "#dfe8dc", "#14301c", pad=12),
         Pose(0.3, 0.82, yaw=9)),
        (Card(200, (Row("smoked paprika", 21),), "code", "#8e1f14", "#fff2e6", pad=8),
         Pose(0.7, 0.84, yaw=9)),
    )),
    Shot("bookshelf", 26, "shelf", "office"),
    Shot("garden_hedge", 27, "hedge", "daylight"),
)  # fmt: skip
