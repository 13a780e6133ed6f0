"""Stripped JavaScript does what it did."""

from __future__ import annotations

import pytest

from handoff_sdk.web.stripping import stripped


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("// one\nlet a = 1; // two\n", "let a = 1;\n"),
        ("/** three\n * lines */\nlet a\n", "let a\n"),
        ("let/* a word's end */a", "let a"),
        ("    let a\n\n\n    ++b\n", "let a\n++b\n"),
        ("return /* a line's end\n */ 1", "return\n1"),
        ('let a = "// no \\" comment /* */"', 'let a = "// no \\" comment /* */"'),
        ("let a = '//\\\n  it goes on'", "let a = '//\\\n  it goes on'"),
        ("let a = `// no\n  ${b /* yes */ + `/*${'`'}*/`} `", "let a = `// no\n  ${b + `/*${'`'}*/`} `"),
        ("let a = `${{ b: `}` }.b}//`  // yes", "let a = `${{ b: `}` }.b}//` "),
        ("let a = /[/`'\"]\\//g // yes", "let a = /[/`'\"]\\//g "),
        ("if (a) /'/.test(b) // yes", "if (a) /'/.test(b) "),
        ("let a = (b) / 2 // '", "let a = (b) / 2 "),
        ("let a = b[0] / c++ / 2 // '", "let a = b[0] / c++ / 2 "),
        ("return /`/", "return /`/"),
        ("a.return / 2 // '", "a.return / 2 "),
        ("() => { /'/.test(a) }", "() => { /'/.test(a) }"),
        ("a => /'/", "a => /'/"),
        ("#a / 2 // '", "#a / 2 "),
        ("let größe = 1 / größe // '", "let größe = 1 / größe "),
    ],
)
def test_only_what_people_read_goes(source, left):
    assert left == stripped(source)


@pytest.mark.parametrize(
    ("source", "left"),
    [
        ("const { a } = b ?? [c, 'd'];", "const{a}=b??[c,'d'];"),
        ("return (a, b) => ` ${ a } `", "return(a,b)=>` ${a} `"),
        ("return { ...a, [b]: c }", "return{...a,[b]:c}"),
        ("case 'a': typeof b === 'c'", "case'a':typeof b==='c'"),
        ("a + +b - -c + ++d - --e + -f", "a+ +b- -c+ ++d- --e+-f"),
        ("a / /b/.test(c)", "a/ /b/.test(c)"),
        ("/a/g in b, /a/ in b", "/a/g in b,/a/ in b"),
        ("return /a/", "return/a/"),
        ("#a in b, 1 .c, a ? .5 : b", "#a in b,1 .c,a?.5:b"),
        ("let a = 1\nlet b = 2", "let a=1\nlet b=2"),
        ("() => { a();\n}\n", "()=>{a()}\n"),
        ("[\n  a,\n  b\n]", "[a,b]"),
        ("{ if (a) ; }", "{if(a);}"),
        ("{ if (a) b(); else ; }", "{if(a)b();else;}"),
        ("{ while (a()) ;\n}", "{while(a());}"),
        ("{ b.if(a); }", "{b.if(a)}"),
        ("{ for (;;) { a; } }", "{for(;;){a}}"),
        ("class A { a = `;`; }", "class A{a=`;`}"),
        ("`${ { a: ';' } }`", "`${{a:';'}}`"),
        ("let größe = 1 /* one */ / 2", "let größe=1/ 2"),
    ],
)
def test_what_is_joined_has_no_space_in_vain(source, left):
    assert left == stripped(source, joined=True)


@pytest.mark.parametrize("joined", [False, True])
def test_what_was_stripped_stays_as_it_is(joined):
    once = stripped("// one\nlet a = `\n  b\n` / 2 /* two */ + c\n\n", joined=joined)
    assert once == stripped(once, joined=joined)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("\nlet a = 'b", "line 2: a string that does not end"),
        ("let a = `b", "line 1: a template that does not end"),
        ("\n\nlet a = /b", "line 3: a regular expression that does not end"),
        ("a)", "line 1: a '\\)' that nothing opened"),
        ("(a]", "line 1: a '\\]' that nothing opened"),
        ("if (a", "it ends inside of 'if\\('"),
    ],
)
def test_what_is_no_javascript_is_told_by_line(source, told):
    with pytest.raises(ValueError, match=told):
        stripped(source)
