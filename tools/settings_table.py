#!/usr/bin/env python3
"""settings_table.py [--check]: writes doc/settings.md, or fails if the file is not what would be written.

Everything in the page has one owner elsewhere. The comments of the Params structs in the public headers say what a field
does, in sentences that end with "Range: ..." (where there is one) and "Default: ...". The calls of CommandLine in samples
say which option of anomaly_train sets which field.
"""
import pathlib
import re
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEADERS = ROOT / 'modules' / 'anomaly' / 'include' / 'opencv2' / 'anomaly'
SAMPLES = ROOT / 'samples'
PAGE = ROOT / 'doc' / 'settings.md'

START = """# Settings

<!-- tools/settings_table.py writes this page from the headers and the programs; change those, not this file. -->

Every setting of a detector is a field of its `Params`. All methods have the fields of `DetectorParams`, and each adds
its own. The defaults are meant for a first try: change a setting when an image shows that it is needed.

```cpp
cv::anomaly::PatchCore::Params params;
params.inputSize = 320;
cv::Ptr<cv::anomaly::PatchCore> detector = cv::anomaly::PatchCore::create(params);
```

```sh
anomaly_train photos/good --input_size=320 --model=model.yml.gz
```

| what you see | what to change first |
|---|---|
| small defects are missed in large images | [`tile`](#settings-of-all-methods), or a larger `inputSize` |
| parts lie at any angle, and there are only some ten images | `rotations` = 8 of CFA and SPADE; PatchCore chooses it by itself for at most 40 images |
| parts lie alike, and something good in the wrong place is missed | `window` = 3 of [PatchCore](#patchcore) |
| light or exposure change from image to image | `matchContrast`; `chooseContrast` does it by itself where good images show the change |
| too many false alarms, or too many misses | thresholds: `calibrate` or `anomaly_update --thresholds_only` with images made since, or `thresholdQuantile` |
| defects of a few pixels are found but not reported | `defectArea` |
| 16-bit images look black | `significantBits` |
| predictions take too long | `precision` = int8 where the processor has AVX-512 VNNI or AVX-VNNI, a smaller `inputSize`, `bankSize` and `axes` of [PatchCore](#patchcore), or [PaDiM](#padim) where parts lie alike |
| nobody has checked that all training images are good | `contamination` |

`CFA::Params::paper()` and `PatchCore::Params::paper()` return the settings of the papers; a value in brackets after a
default of CFA's own is its paper's. Both papers also take the image's center (`INPUT_CROPPED`) and the map's maximum
(`SCORE_MAX`), without `keepAspect` and `chooseContrast`; PatchCore's takes outputs c3 and c4, K = 9, and neither turns
nor whitening. [Wrong result?](../modules/anomaly/tutorials/wrong_result.markdown) goes from symptoms to causes.

`anomaly_train --help` lists all options, also those that are no setting of the detector, such as `--mask` and
`--device`. An option of a method is accepted only with that method.
"""


def comment_of(lines):
    return ' '.join(re.sub(r'^\s*//!<?\s?', '', line) for line in lines).strip()


def items_of(block, item):
    """Pairs of a match of `item` and its comment, which stands above it or behind it."""
    above = []
    for line in block.splitlines():
        found = re.match(item, line)
        if found:
            behind = re.search(r'//!<.*', line)
            yield found, comment_of(above + ([behind.group()] if behind else []))
        above = above + [line] if re.match(r'\s*//! ', line) else []


def enums_of(header):
    return {name: [(found[1], comment) for found, comment in items_of(block, r'\s*([A-Z][A-Z_0-9]+) = \d')]
            for name, block in re.findall(r'enum (\w+)\s*\{(.*?)\}', header, re.S)}


def fields_of(header):
    """Name and comment of each field of the header's struct of settings."""
    block = re.search(r'struct CV_EXPORTS_W_SIMPLE \w+.*?\n\s*\};', header, re.S).group()
    return [(found[1], comment) for found, comment in items_of(block, r'\s*CV_PROP_RW .* (\w+);')]


def name_lists(source):
    """The values that a choice accepts, by the name of their vector."""
    return {name: re.findall(r'"(\w+)"', values)
            for name, values in re.findall(r'std::vector<std::string> (\w+) = \{([^}]*)\}', source)}


def options_of(source):
    """For each field the option that sets it, as it is written, and the values of a choice."""
    lists, options = name_lists(source), {}
    call = r'line\.(option|flag|choice)\(\s*"(\w+)",\s*(?:"([^"]*)",\s*)?(?:(\w+),\s*)?(?:std::to_string\()?[\w.]*?(\w+)\)?,'
    for kind, option, value, names, field in re.findall(call, source):
        value = value or '|'.join(lists.get(names, []))
        options.setdefault(field, ('--%s%s' % (option, '=' + value if value else ''), lists.get(names, [])))
    # An option that sets several fields does it in a function of its name.
    for name, body in re.findall(r'void set(\w+)\(DetectorParams& params.*?\n\{(.*?)\n\}', source, re.S):
        option = re.sub(r'(?<!^)([A-Z])', r'_\1', name).lower()
        for field in re.findall(r'params\.(\w+) =', body):
            text = re.search(r'line\.(?:option|choice)\("%s",\s*(?:"([^"]*)"|(\w+)),' % option, source)
            value = text[1] or '|'.join(lists[text[2]])
            options.setdefault(field, ('--%s=%s' % (option, value), []))
    return options


def split_comment(field, comment):
    found = re.match(r'(.*?)(?: ?Range: (.*?)\.)? Default: (.*)\.$', comment)
    if not found:
        raise SystemExit('settings_table.py: the comment of %s does not end with "Default: ...": %s' % (field, comment))
    return found.groups()


def plain(text):
    """Without Doxygen's marks. What stands in a name is code to Markdown, so that it has no marks of its own there."""
    text = re.sub(r'cv::anomaly::', '', text)
    text = re.sub(r'@cite (\w+)', r'[\1](../modules/anomaly/doc/anomaly.bib)', text)
    return re.sub(r'\b((?:[A-Z]+_)+[A-Z]+[0-9]*|[a-z]+[A-Z]\w+|[A-Z]\w+::\w+)\b', r'`\1`', text)


def entry(field, comment, options, enums):
    text, limits, default = split_comment(field, comment)
    option, values = options.get(field, ('', []))
    facts = ['`%s`' % option] if option else []
    facts += ['default ' + plain(default)] + (['range ' + limits] if limits else [])
    lines = ['- **`%s`** (%s)' % (field, '; '.join(facts)), '']
    lines += textwrap.wrap(plain(re.sub(r'one of (?:cv::anomaly::)?(\w+)', r'one of `\1`', text)), 118, initial_indent='  ', subsequent_indent='  ', break_long_words=False, break_on_hyphens=False)
    kind = re.search(r'one of (?:cv::anomaly::)?(\w+)', text)
    if kind:
        lines.append('')
        for number, (name, meaning) in enumerate(enums[kind[1]]):
            shown = '`%s`' % values[number] + ' (`%s`)' % name if values else '`%s`' % name
            lines += textwrap.wrap('- %s: %s' % (shown, plain(meaning)), 118, initial_indent='  ', subsequent_indent='    ',
                                   break_long_words=False, break_on_hyphens=False)
    return '\n'.join(lines) + '\n'


def section(title, header, options, enums):
    text = header.read_text()
    enums = dict(enums, **enums_of(text))
    return '## %s\n\n' % title + '\n'.join(entry(field, comment, options, enums) for field, comment in fields_of(text))


def read(*names):
    return '\n'.join((SAMPLES / name).read_text() for name in names)


def page():
    shared = HEADERS / 'detector.hpp'
    enums = enums_of(shared.read_text())
    options = options_of(read('anomaly_train.cpp', 'backbone_options.cpp', 'methods.cpp'))
    options.pop('patchStride', None)
    parts = [START, section('Settings of all methods', shared, options, enums)]
    methods = re.findall(r'make(\w+)\(\)', re.search(r'makeMethods\(\)\s*\{(.*?)\}', read('methods.cpp'), re.S)[1])
    for method in methods:
        header = HEADERS / (method.lower() + '.hpp')
        title = re.search(r'class CV_EXPORTS_W (\w+) : public AnomalyDetector', header.read_text())[1]
        own = options_of(read('method_%s.cpp' % method.lower(), 'methods.cpp'))
        parts.append(section(title, header, own, enums))
    return '\n'.join(parts)


def main():
    text = page()
    if sys.argv[1:] == ['--check']:
        if not PAGE.exists() or PAGE.read_text() != text:
            sys.exit('doc/settings.md is not what tools/settings_table.py writes: run it and commit the file')
    elif len(sys.argv) > 1:
        sys.exit(__doc__)
    else:
        PAGE.write_text(text)


if __name__ == '__main__':
    main()
