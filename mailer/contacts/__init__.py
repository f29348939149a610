"""List files -> contacts, and who of them is mailed. Takes address books as they are and says exactly what is wrong.

    read(path) / parse(data)   CSV, text or XLSX in any Korean encoding -> ContactList, or ListError: the whole file is unusable
    parse_address(text)        one address -> Address, or a Problem with a suggestion; never a silent correction
    parse_filter(text)         the --where language (manual page in `filters`) -> Filter
    merge(lists, ...)          one person per address key -> Audience: recipients, and everybody left out with reason and place
    why(address, lists, ...)   why one person is or is not in a send
    Suppressions               addresses and domains that must not be mailed, as salted digests
    addresses                  is_role, is_reserved, kind: whose mailbox an address is
    upkeep                     imports, writing lists, bad rows, forgetting a person, asking the DNS

Promise: any bytes end in a ContactList or a ListError; every listed address ends in exactly one of recipients and left-out
rows; reading changes no file; nothing touches a network unless `upkeep.check_mx` is called.

Not here: storing suppressions (`ledger/`), freezing an audience (`desk/`), the words of a letter (`templates/`).
"""

from mailer.contacts import addresses, upkeep
from mailer.contacts.addresses import parse_address
from mailer.contacts.audience import Audience, LeftOut, merge
from mailer.contacts.filters import Filter, parse_filter
from mailer.contacts.lists import ContactList
from mailer.contacts.problems import Problem
from mailer.contacts.reading import parse, read
from mailer.contacts.reasons import why
from mailer.contacts.suppression import Suppression, Suppressions

__all__ = [
    "Audience",
    "ContactList",
    "Filter",
    "LeftOut",
    "Problem",
    "Suppression",
    "Suppressions",
    "addresses",
    "merge",
    "parse",
    "parse_address",
    "parse_filter",
    "read",
    "upkeep",
    "why",
]
