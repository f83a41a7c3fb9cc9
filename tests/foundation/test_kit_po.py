"""Catalogues are read as gettext means them."""

from jejaring.kit import po

TEXT = r"""
# A comment
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"

#: somewhere.html:12
msgid "flash.saved"
msgstr "Tersimpan."

msgid "Dua "
"potong"
msgstr ""
"Two "
"pieces"

msgid "He said \"yes\""
msgstr "A\\B\n\tC"

msgid "not.yet"
msgstr ""

#~ msgid "gone"
#~ msgstr "gone"
"""


def test_pairs_are_joined_and_unescaped_and_the_rest_is_passed_over() -> None:
    assert po.read(TEXT) == {
        "flash.saved": "Tersimpan.",
        "Dua potong": "Two pieces",
        'He said "yes"': "A\\B\n\tC",
    }
