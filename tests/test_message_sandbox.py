"""Templates live in a closed, metered world."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from mailer.errors import TemplateError
from mailer.message.meter import Refused
from mailer.message.template import Compiled

KNOWN = {
    "contact": {"name": "홍길동", "email": "hong@example.org", "tags": ["a", "b"], "extra": {"담당": "법원"}},
    "n": 3,
}

BOMBS = {
    "huge range": "{% for i in range(10**9) %}x{% endfor %}",
    "nested loops": "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}",
    "loops that filter everything out": "{% for i in range(9**5) %}{% for j in range(9**5) if false %}{% endfor %}{% endfor %}",
    "silent loop in a set block": "{% set q %}{% for i in range(99999) %}" + "z" * 20000 + "{% endfor %}{% endset %}",
    "string times number": "{{ 'a' * 10**10 }}",
    "list times number": "{{ ([0] * 10**10)|length }}",
    "centred by a method": "{{ 'a'.center(10**10) }}",
    "centred by a filter": "{{ 'a'|center(10**10) }}",
    "zfill": "{{ 'a'.zfill(10**9) }}",
    "ljust": "{{ 'a'.ljust(10**9) }}",
    "percent width": "{{ '%999999999d' % 1 }}",
    "percent star": "{{ '%*d' % (999999999, 1) }}",
    "format filter": "{{ '%999999999d'|format(1) }}",
    "format method": "{{ '{:>999999999}'.format(1) }}",
    "power": "{{ 10**10**10 }}",
    "power of a power": "{{ (10**60)**60 }}",
    "squaring": "{% set ns = namespace(x=2) %}{% for i in range(100) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}",
    "doubling text": "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "doubling with ~": "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
    "doubling lists": "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "laughing lists printed": "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}"
    "{{ ns.x|string }}",
    "laughing lists compared": "{% set ns = namespace(x=[1], y=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}"
    "{% set ns.y = [ns.y, ns.y] %}{% endfor %}{{ ns.x == ns.y }}",
    "laughing tuples hashed": "{% set x0 = (1, 1) %}"
    + "".join(f"{{% set x{i + 1} = (x{i}, x{i}) %}}" for i in range(60))
    + "{{ [x60]|unique|list }}",
    "laughing set blocks": "{% set x0 %}aaaaaaaaaa{% endset %}"
    + "".join(f"{{% set x{i + 1} %}}{{{{ x{i} }}}}{{{{ x{i} }}}}{{% endset %}}" for i in range(60)),
    "batch with filling": "{{ ['a']|batch(10**9, 'x')|list }}",
    "slice": "{{ [1]|slice(10**9)|list }}",
    "indent": "{{ 'a\nb'|indent(10**9) }}",
    "replace nothing": "{{ ('a' * 100000)|replace('', 'b' * 100000) }}",
    "replace by much": "{{ ('a' * 100000).replace('a', 'b' * 100000) }}",
    "join by much": "{{ range(100000)|list|join('x' * 100000) }}",
    "wrap with much": "{{ ('x ' * 100000)|wordwrap(1, wrapstring='y' * 100000) }}",
    "macro calling itself": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "macro with much text": "{% macro a() %}"
    + "z" * 20000
    + "{% endmacro %}{% for i in range(9999) %}{% set q = a() %}{% endfor %}",
    "deep brackets": "{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}",
    "deep lists": "{{ " + "[" * 20000 + "]" * 20000 + " }}",
    "deep not": "{{ " + "not " * 10000 + "1 }}",
    "long sum": "{{ " + "+".join(["1"] * 20000) + " }}",
    "long chain of filters": "{{ 1" + "|string" * 7000 + " }}",
    "deep loops": "{% for a in [1] %}" * 30 + "{% endfor %}" * 30,
    "long number": "{{ " + "9" * 50000 + " }}",
    "long file": "x" * 1_000_000,
    "many tags": "{{ n }}" * 50_000,
}

ESCAPES = {
    "class of a string": "{{ ''.__class__.__mro__ }}",
    "class by subscript": "{{ ''['__class__'] }}",
    "attr filter": "{{ ''|attr('__class__') }}",
    "map attr": "{{ [1]|map('attr', '__class__')|list }}",
    "map attribute": "{{ [1]|map(attribute='__class__')|list|first }}",
    "sort by attribute": "{{ [contact, contact]|sort(attribute='__class__')|length }}",
    "format string": "{{ '{0.__class__}'.format(n) }}",
    "format_map": "{{ '{n.__class__}'.format_map(contact) }}",
    "percent with mapping": "{{ '%(name)s' % contact }}",
    "cycler globals": "{{ cycler.__init__.__globals__ }}",
    "lipsum globals": "{{ lipsum.__globals__ }}",
    "joiner": "{{ joiner(',') }}",
    "self": "{{ self.__init__ }}",
    "print self": "{{ self }}",
    "namespace class": "{{ namespace.__init__.__globals__ }}",
    "namespace insides": "{% set ns = namespace() %}{{ ns._Namespace__attrs }}",
    "print namespace": "{% set ns = namespace() %}{{ ns }}",
    "range internals": "{{ range.__self__ }}",
    "range object": "{{ range(3) }}",
    "list change": "{{ contact.tags.append('x') }}",
    "dict change": "{{ contact.update({'name': 'x'}) }}",
    "dict pop": "{{ contact.pop('name') }}",
    "uncalled method": "{{ contact.items }}",
    "number attribute": "{{ n.__add__ }}",
    "macro internals": "{% macro m() %}{% endmacro %}{{ m._func }}",
    "loop internals": "{% for i in [1] %}{{ loop._iterator }}{% endfor %}",
    "recursive loop": "{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}",
    "call a string": "{{ 'x'() }}",
    "call a dict": "{{ contact() }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}",
    "from import": "{% from 'os' import path %}",
    "extends": "{% extends 'x' %}",
    "block": "{% block a %}{% endblock %}",
    "autoescape off": "{% autoescape false %}{{ contact.name }}{% endautoescape %}",
    "safe": "{{ contact.name|safe }}",
    "print a dict": "{{ contact }}",
    "print a list": "{{ contact.tags }}",
    "print none": "{{ none }}",
    "request": "{{ request.application }}",
    "config": "{{ config }}",
}


LEFT_TO_PYTHON = {
    "deep brackets",
    "deep lists",
    "deep not",
    "long sum",
    "long chain of filters",
    "deep loops",
    "long number",
}


@pytest.mark.parametrize("html", [False, True])
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_in_a_sentence(name: str, html: bool) -> None:
    """Whatever would run long or grow big is refused before it does, in a TemplateError with its place."""
    with pytest.raises(TemplateError) as caught:
        Compiled(BOMBS[name], "templates/email/body.txt.j2", html=html).render(KNOWN)
    assert caught.value.where.startswith("templates/email/body.txt.j2")
    assert caught.value.remedy
    if name == "format method":
        assert "format" in caught.value.what.ko
    elif name not in LEFT_TO_PYTHON:
        assert isinstance(caught.value.__cause__, Refused)


@pytest.mark.parametrize("source", ESCAPES.values(), ids=ESCAPES.keys())
def test_there_is_no_way_out(source: str) -> None:
    """Nothing but values, macros and loops exists: no class, no module, no other file, no method that changes something."""
    with pytest.raises(TemplateError):
        Compiled(source, "body.html.j2", html=True).render(KNOWN)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ contact.name }}", "홍길동"),
        ("{{ contact['name'] }} {{ contact.extra['담당'] }}", "홍길동 법원"),
        ("{{ contact.nick|default('없음') }}", "없음"),
        ("{{ contact.tags|join(', ')|upper }}", "A, B"),
        (
            "{% for tag in contact.tags %}{{ loop.index }}{{ tag }}{% if not loop.last %}/{% endif %}{% endfor %}",
            "1a/2b",
        ),
        ("{% for k, v in contact.extra.items() %}{{ k }}={{ v }}{% endfor %}", "담당=법원"),
        ("{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m('a') }}{{ m(n) }}", "<a><3>"),
        (
            "{% set ns = namespace(k=0) %}{% for t in contact.tags %}{% set ns.k = ns.k + n %}{% endfor %}{{ ns.k }}",
            "6",
        ),
        ("{{ '-' * 20 }}{{ 'a' ~ n ~ 1.5 }}", "-" * 20 + "a31.5"),
        ("{{ '%02d'|format(n) }} {{ '%s님' % contact.name }}", "03 홍길동님"),
        ("{% if 'a' in contact.tags and n > 2 %}yes{% endif %}{{ 'x' if contact.phone is defined else 'y' }}", "yesy"),
        ("{{ contact.name[0] }}{{ contact.tags[-1] }}{{ 'abc'[1:] }}", "홍bbc"),
        ("{{ 'a,b'.split(',')|last }}{{ 'abc'.replace('b', '') }}{{ ', '.join(contact.tags) }}", "baca, b"),
        ("{% for i in range(3) %}{{ loop.cycle('a', 'b') }}{% endfor %}", "aba"),
        ("{% filter upper %}abc{% endfilter %}{% with x = 1 %}{{ x }}{% endwith %}", "ABC1"),
        ("{{ contact.tags|map('upper')|select('ne', 'A')|list|first }}", "B"),
    ],
)
def test_ordinary_templates_work(source: str, expected: str) -> None:
    """What people write in letters is there: loops, conditions, filters, macros, string methods."""
    assert Compiled(source, "body.txt.j2", html=False).render(KNOWN) == expected


def test_a_list_of_thousands_is_no_bomb() -> None:
    """Three thousand names in a loop with a few filters stay within the budget."""
    names = {"names": [{"name": f"단체 {number}"} for number in range(3000)]}
    source = "{% for one in names %}{{ loop.index }}. {{ one.name|upper|trim }}{{ '!' if one.name == 'x' else '' }}\n{% endfor %}"
    assert Compiled(source, "body.txt.j2", html=False).render(names).count("\n") == 3000


def test_html_is_escaped_and_text_is_not() -> None:
    """A name with markup is shown, not obeyed, in HTML; plain text carries it as it is."""
    nasty = {"name": "<script>alert(1)</script> & 'x'"}
    assert Compiled("{{ name }}", "b", html=True).render(nasty) == (
        "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &#39;x&#39;"
    )
    assert Compiled("{{ name ~ '' }}{{ '%s' % name }}", "b", html=False).render(nasty) == nasty["name"] * 2
    body = {"body": Markup("<p>")}
    assert Compiled("{{ body ~ '<b>' }}{{ body }}", "b", html=True).render(body) == "<p>&lt;b&gt;<p>"
    assert "<script" not in Compiled("{{ name ~ '<b>' }}{{ [name]|join('<') }}", "b", html=True).render(nasty)


def test_data_is_never_compiled() -> None:
    """Template code in a contact's name is text."""
    assert Compiled("{{ name }}", "b", html=False).render({"name": "{{ 7*7 }}{% for %}"}) == "{{ 7*7 }}{% for %}"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("a\nb\n{{ nobody }}\n", 3),
        ("a\n{% for x in contact.tags %}\n{{ x.name }}\n{% endfor %}\n", 3),
        ("a\n\n{% if %}\n", 3),
        ("{{ contact.name\n", 1),
        ("a\n{{ contact.name|shout }}", 2),
        ("a\n{{ 1 / 0 }}", 2),
        ("{% macro m() %}\n\n{{ nobody }}\n{% endmacro %}\n{{ m() }}", 3),
    ],
)
def test_an_error_names_file_and_line(source: str, line: int) -> None:
    """A slip in a template is reported where it stands."""
    with pytest.raises(TemplateError) as caught:
        Compiled(source, "templates/email/body.txt.j2", html=False).render(KNOWN)
    assert caught.value.where == f"templates/email/body.txt.j2:{line}"
    assert caught.value.remedy


def test_a_misspelt_name_brings_a_suggestion() -> None:
    """`contact.naem` is answered with `name`."""
    with pytest.raises(TemplateError) as caught:
        Compiled("{{ contact.naem }}", "b", html=False, names={"name", "email"}).render(KNOWN)
    assert "naem" in caught.value.what.ko
    assert caught.value.remedy is not None
    assert "'name'" in caught.value.remedy.ko


def test_one_budget_per_rendering() -> None:
    """A template may be filled in any number of times: the budget does not run out over people."""
    template = Compiled("{% for i in range(20000) %}{% endfor %}ok", "b", html=False)
    assert {template.render({}) for _ in range(40)} == {"ok"}
