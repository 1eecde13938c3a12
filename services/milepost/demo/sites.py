"""The sites of an invented company, on three continents, so that somewhere it is always day; and who works there."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Site:
    """A plant with a training room: its zone, its Zoom meeting, and its people.

    The meeting is a recurring one: every session of the site is held under the same number. `away` are the zones of
    those who belong to the site and work elsewhere; they always come by video.
    """

    id: str
    title: str
    zone: str
    room: str
    meeting: int
    instructors: tuple[str, ...]
    given: tuple[str, ...]
    family: tuple[str, ...]
    away: tuple[str, ...] = ()


AUGSBURG = Site(
    id="AUG",
    title="Augsburg",
    zone="Europe/Berlin",
    room="Training room 2, Augsburg",
    meeting=81245167093,
    instructors=("Henrike Vollmer", "Tomasz Wieczorek"),
    given=(
        *("Ana", "Emre", "Katharina", "Jonas", "Milica", "Matteo", "Svenja", "Oleksandr", "Zeynep", "Florian"),
        *("Ioana", "Lukas", "Agnieszka", "Thanh", "Birgit", "Nikos", "Dunja", "Rasmus", "Chiara", "Volkan"),
        *("Maja", "Benedikt", "Elif", "Andreea", "Quirin", "Halina"),
    ),
    family=(
        *("Brandner", "Yıldız", "Kowalczyk", "Lindqvist", "Petrović", "Rossi", "Schäfer", "Bondarenko", "Demir"),  # noqa: RUF001
        *("Huber", "Ionescu", "Winkler", "Nowak", "Nguyen", "Obermaier", "Papadakis", "Horvat", "Sørensen"),
        *("Ferrari", "Aksoy", "Moosbauer", "Zeller", "Öztürk", "Dumitru", "Ruiz", "Sikora"),
    ),
    away=("Africa/Nairobi", "Europe/Lisbon"),
)
HOUSTON = Site(
    id="HOU",
    title="Houston",
    zone="America/Chicago",
    room="Building C, Houston",
    meeting=93310428876,
    instructors=("Darnell Whitcombe", "Marisol Treviño"),
    given=(
        *("Tyrone", "Guadalupe", "Kayla", "Hiroshi", "Brandon", "Xiomara", "Destiny", "Caleb", "Priscila", "Omar"),
        *("Whitney", "Rubén", "Latoya", "Trent", "Mei-Ling", "Diego", "Hannah", "Kwame", "Savannah", "Joaquín"),
        *("Tamika", "Garrett", "Yesenia", "Bao", "Shelby", "Marcus"),
    ),
    family=(
        *("Hollingsworth", "Villarreal", "Boudreaux", "Tanaka", "McAllister", "Cantú", "Washington", "Okonkwo"),
        *("Pruitt", "Salinas", "Landry", "Whitfield", "Garza", "Tran", "Delgado", "Broussard", "Mensah", "Kirkland"),
        *("Peña", "Abernathy", "Zamora", "Lathan", "Chen", "Escobedo", "Thibodeaux", "Ferreira"),
    ),
    away=("America/Sao_Paulo", "America/Denver"),
)
PENANG = Site(
    id="PEN",
    title="Penang",
    zone="Asia/Kuala_Lumpur",
    room="Level 3, Bayan Lepas",
    meeting=87759023314,
    instructors=("Faridah Hashim", "Suresh Maniam"),
    given=(
        *("Siti", "Wei Jie", "Kavitha", "Amirul", "Mei Fong", "Arjun", "Nurul", "Zhi Hao", "Shanti", "Hafiz"),
        *("Li Ying", "Ganesh", "Aisyah", "Kok Leong", "Priya", "Faizal", "Xin Yi", "Ravi", "Farah", "Boon Teck"),
        *("Devi", "Azlan", "Hui Min", "Imran", "Jasmine", "Taufik"),
    ),
    family=(
        *("Rahman", "Tan", "Subramaniam", "Ismail", "Lim", "Pillai", "Abdullah", "Ong", "Krishnan", "Yusof"),
        *("Goh", "Nair", "Zainal", "Cheah", "Letchumanan", "Osman", "Khoo", "Menon", "Salleh", "Teoh"),
        *("Ramasamy", "Bakar", "Yeoh", "Mahmud", "Chew", "Sivalingam"),
    ),
    away=("Asia/Kolkata", "Australia/Perth"),
)

PLAIN = str.maketrans({"\N{LATIN SMALL LETTER DOTLESS I}": "i", "ø": "o", "ß": "ss"})
"""Letters that have no plain one inside them."""

SITES = (AUGSBURG, HOUSTON, PENANG)


def names(site: Site, seed: str) -> Iterator[str]:
    """Yield names of people of a site, each name once, the same for the same seed; in the end with a second name."""
    every = [(given, family) for given in site.given for family in site.family]
    Random(f"{seed}/{site.id}/names").shuffle(every)
    yield from (f"{given} {family}" for given, family in every)
    yield from (f"{given} {site.family[0]}-{family} {number}" for number in range(2, 99) for given, family in every)


def mail_of(name: str) -> str:
    """Return the address of somebody with this name: ana.yildiz@example.com."""
    plain = name.translate(PLAIN)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    return ".".join(plain.lower().replace("-", "").split()) + "@example.com"
