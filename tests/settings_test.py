#!/usr/bin/env python3
"""doc/settings.md is what tools/settings_table.py writes, and its defaults are those that anomaly_train --help prints.

settings_test.py [PROGRAMS]: the folder of the programs; without it only the page itself is compared.
"""
import fractions
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAMS = None


def entries():
    """Section, field, option, default and the names of a choice's enumerators, for each field that has an option."""
    page = (ROOT / 'doc' / 'settings.md').read_text()
    for section in re.split(r'^## ', page, flags=re.M)[1:]:
        title, text = section.split('\n', 1)
        for block in re.split(r'^- \*\*', text, flags=re.M)[1:]:
            found = re.match(r'`(\w+)`\*\* \(`--(\w+)(?:=[^`]*)?`; default ([^;)]*)', block)
            if found:
                yield (title, *found.groups(), {name: value for value, name in re.findall(r'- `(\w+)` \(`(\w+)`\)', block)})


def help_texts():
    """The help of each option, by the method that has it; options of all methods are under None."""
    text = subprocess.run([str(PROGRAMS / 'anomaly_train'), '--help'], capture_output=True, text=True, check=True).stdout
    texts = {}
    for section in re.split(r'^(?=\S.*:$)', text, flags=re.M):
        method = re.match(r'.*--method=(\w+):', section)
        for option, words in re.findall(r'^  --(\w+)((?:.|\n(?!  --|\n))*)', section, re.M):
            texts.setdefault((method and method[1], option), ' '.join(words.split()))
    return texts


def number(text):
    return float(fractions.Fraction(text)) if re.fullmatch(r'[-+.\d/e]+', text) else None


class Settings(unittest.TestCase):
    def test_page_is_made_from_headers_and_programs(self):
        done = subprocess.run([sys.executable, str(ROOT / 'tools' / 'settings_table.py'), '--check'], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_each_option_of_a_setting_is_on_the_page(self):
        options = {option for _, _, option, _, _ in entries()}
        self.assertGreater(len(options), 45)
        if PROGRAMS:
            others = {'model', 'method', 'mask', 'json', 'device', 'threads', 'help', 'version'}
            self.assertEqual({option for _, option in help_texts()} - others - options, set())

    def test_defaults_are_those_of_the_program(self):
        if not PROGRAMS:
            return print('defaults are not compared: this build has no programs')
        helps, compared = help_texts(), 0
        for title, field, option, default, names in entries():
            method = 'patchcore' if title.startswith('Settings') else title.lower()
            text = helps.get((None, option)) or helps.get((method, option))
            self.assertTrue(text, option)
            default = default.split(' [')[0].strip('`')
            printed = (re.findall(r'\[([^\]]*)\]', text) or [''])[-1]
            if default in names:
                self.assertEqual(names[default], printed, field)
            elif number(default) is not None and field != 'inputShape':
                self.assertAlmostEqual(number(default), number(printed), 6, field)
            else:
                continue
            compared += 1
        self.assertGreater(compared, 35)


if __name__ == '__main__':
    PROGRAMS = pathlib.Path(sys.argv.pop(1)) if len(sys.argv) > 1 else None
    unittest.main()
