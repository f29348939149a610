"""List files -> contacts, and who of them is mailed. Takes address books as they are and says exactly what is wrong.

    read(path) / parse(data)   CSV, text or XLSX in any Korean encoding -> ContactList (or ListError: the whole file is unusable)
    parse_address(text)        one address -> Address, or a Problem with a suggestion; never a silent correction
    merge(lists, ...)          one person per address key -> Audience: recipients, and everybody left out with reason and place
    Suppression, Suppressions  addresses and domains that must not be mailed, kept as salted digests

Promise: any bytes end in a ContactList or a ListError; every listed address ends in exactly one of recipients and left-out
rows; no file is changed by reading; nothing here touches a network unless `mx` is asked to.

Not here: storing suppressions (`ledger/`), freezing an audience (`desk/`), how a letter greets (`templates/`).
"""

from mailer.contacts import addresses
from mailer.contacts.addresses import parse_address
from mailer.contacts.audience import Audience, LeftOut, merge
from mailer.contacts.lists import ContactList
from mailer.contacts.problems import Problem
from mailer.contacts.reading import parse, read
from mailer.contacts.suppression import Suppression, Suppressions

__all__ = [
    "Audience",
    "ContactList",
    "LeftOut",
    "Problem",
    "Suppression",
    "Suppressions",
    "addresses",
    "merge",
    "parse",
    "parse_address",
    "read",
]
