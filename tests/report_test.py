#!/usr/bin/env python3
# This file is part of OpenCV project.
# It is subject to the license terms in the LICENSE file found in the top-level directory
# of this distribution and at http://opencv.org/license.html.
"""Uses the page of anomaly_evaluate --report in Chromium: report_test.py <folder of the programs> <test_data>.

ANOMALY_SCREENSHOTS=DIR keeps pictures of the pages, as a wide screen and a telephone show them.
"""
import base64
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import command_line_test as programs
from command_line_test import run, some

SKIPPED = 77  # for ctest
KEYS = {'left': '\ue012', 'right': '\ue014', 'home': '\ue011', 'end': '\ue010', 'tab': '\ue004', 'space': ' '}
ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'  # the name that WebDriver gives to references to elements
ODD_NAME = 'a <b> & "it\'s" \xe4.png'

SHOWN_PATHS = '#wrong .outlined path, #hits .outlined path'
# What of the charts' texts reaches beyond their pictures, where it would be cut.
CUT_TEXTS = """
return [...document.querySelectorAll('svg[role=img] text')].filter(text => {
  const box = text.getBBox(), width = text.ownerSVGElement.viewBox.baseVal.width;
  return box.x < 0 || box.x + box.width > width;
}).map(text => text.textContent);
"""
# From the ends of all lines that are shown to the nearest of the given outlines, in cells of the maps.
DISTANCES = """
return [...document.querySelectorAll(arguments[1])].flatMap((path, i) => {
  const given = document.createElementNS(path.namespaceURI, 'path'), places = [];
  given.setAttribute('d', arguments[0][i]);
  for (let at = 0; at < given.getTotalLength(); at += 0.3)
    places.push(given.getPointAtLength(at));
  const ends = [...path.getAttribute('d').matchAll(/[ML]([\\d.]+) ([\\d.]+)/g)].map(m => [m[1], m[2]].map(Number));
  return ends.filter(() => places.length).map(([x, y]) => Math.min(...places.map(p => Math.hypot(p.x - x, p.y - y))));
});
"""


class Browser:
    """Chromium without a window, asked through chromedriver by the WebDriver protocol."""

    def __init__(self, chromium, driver):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([driver, '--port=%d' % port], stdout=self.log, stderr=subprocess.STDOUT)
        self.address = 'http://127.0.0.1:%d' % port
        self.wait()
        arguments = ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage',
                     '--window-size=1280,900']
        options = {'goog:chromeOptions': {'binary': chromium, 'args': arguments},
                   'goog:loggingPrefs': {'browser': 'ALL'}}
        session = self.ask('POST', '/session', {'capabilities': {'alwaysMatch': options}})
        self.address += '/session/' + session['sessionId']

    def wait(self):
        for _ in range(300):
            try:
                return self.ask('GET', '/status')
            except OSError:
                time.sleep(0.1)
        raise RuntimeError('chromedriver does not start')

    def ask(self, method, path, values=None):
        body = None if values is None else json.dumps(values).encode()
        request = urllib.request.Request(self.address + path, body, {'Content-Type': 'application/json'}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.loads(answer.read().decode())['value']
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.loads(error.read().decode())['value']['message'])

    def close(self):
        self.ask('DELETE', '')
        self.process.terminate()
        self.process.wait()

    def devtools(self, command, **parameters):
        return self.ask('POST', '/goog/cdp/execute', {'cmd': command, 'params': parameters})

    def open(self, page, fragment=''):
        self.ask('POST', '/url', {'url': 'about:blank'})  # so that a fragment alone loads the page, too
        self.ask('POST', '/url', {'url': page.resolve().as_uri() + fragment})

    def element(self, selector):
        return self.ask('POST', '/element', {'using': 'css selector', 'value': selector})[ELEMENT]

    def press(self, selector, *keys):
        text = ''.join(KEYS[key] for key in keys)
        self.ask('POST', '/element/%s/value' % self.element(selector), {'text': text})

    def click(self, selector):
        self.ask('POST', '/element/%s/click' % self.element(selector), {})

    def text(self, selector):
        return self.ask('GET', '/element/%s/text' % self.element(selector))

    def texts(self, selector):
        """What all elements contain, shown or not."""
        return self.run('return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)', selector)

    def run(self, script, *arguments):
        return self.ask('POST', '/execute/sync', {'script': script, 'args': list(arguments)})

    def faults(self):
        return [entry['message'] for entry in self.ask('POST', '/se/log', {'type': 'browser'})]

    def resize(self, width, height=900):
        self.devtools('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1,
                      mobile=width < 600)

    def picture(self, name):
        """The whole page."""
        folder = os.environ.get('ANOMALY_SCREENSHOTS')
        if folder:
            shot = self.devtools('Page.captureScreenshot', captureBeyondViewport=True)
            (pathlib.Path(folder) / name).write_bytes(base64.b64decode(shot['data']))


def evaluate(category, *options, model=None):
    done = run('anomaly_evaluate', category, '--model=%s' % (model or MODEL), *options)
    assert done.returncode == 0, done.stderr
    return done


class Page(unittest.TestCase):
    """Each test opens the page anew; the model is CFA's of test_data, or what a test trains."""

    @classmethod
    def setUpClass(cls):
        cls.category = programs.make_category('ends <!--</script><b>')  # two folders
        for file in some('test/stain/*.png', 6)[3:]:
            (cls.category / 'test' / 'stain' / file.name).symlink_to(file)
            mask = TEST_DATA / 'textures/brick/ground_truth/stain' / (file.stem + '_mask.png')
            (cls.category / 'ground_truth' / 'stain' / mask.name).symlink_to(mask)
        (cls.category / 'test' / 'good' / ODD_NAME).symlink_to(some('test/good/*.png', 5)[4])
        cls.other = WORK / 'other model.yml.gz'
        done = run('anomaly_train', cls.category, '--model=%s' % cls.other, '--method=padim',
                   *programs.METHODS['padim'])
        assert done.returncode == 0, done.stderr
        evaluate(cls.category, '--report=%s' % (WORK / 'one'), '--json=%s' % (WORK / 'one.json'))
        evaluate(cls.category, '--compare=%s' % cls.other, '--report=%s' % (WORK / 'two'),
                 '--json=%s' % (WORK / 'two.json'))
        cls.figures = json.loads((WORK / 'one.json').read_text())

    def open(self, name='one', fragment=''):
        BROWSER.open(WORK / name / 'index.html', fragment)

    def tearDown(self):
        self.assertEqual(BROWSER.faults(), [])

    def counts(self, model=0):
        """Found, missed, false alarms, passed."""
        return [int(BROWSER.text('.model[data-model="%d"] .%s' % (model, name)))
                for name in ('found', 'missed', 'alarms', 'passed')]

    def paths(self):
        return BROWSER.run('return [...document.querySelectorAll(arguments[0])].map(p => p.getAttribute("d"))',
                           SHOWN_PATHS)

    def wrong(self):
        return BROWSER.texts('#wrong .case em')

    def test_counts_are_those_of_the_program(self):
        self.open()
        found, missed, alarms, passed = self.counts()
        self.assertEqual((found + missed, alarms + passed), (9, 5))
        self.assertAlmostEqual(found / (found + missed), self.figures['image_recall'])
        self.assertAlmostEqual(2 * found / (2 * found + missed + alarms), self.figures['image_f1'])
        self.assertEqual(BROWSER.text('.model .f1'), '%.3f' % self.figures['image_f1'])
        BROWSER.click('[data-to=own]')
        self.assertEqual(self.counts()[2], self.figures['model_false_alarms'])
        self.assertIn(' --image_threshold=%r' % self.figures['model_image_threshold'], BROWSER.text('.command'))

    def test_slider_by_keys(self):
        self.open()
        BROWSER.press('input.image', 'home')
        self.assertEqual(self.counts(), [9, 0, 5, 0])
        self.assertEqual(self.wrong(), ['false alarm'] * 5)
        before = self.counts()
        for step in range(1, 15):  # all scores differ, so that each step changes one verdict
            BROWSER.press('input.image', 'right')
            counts = self.counts()
            self.assertEqual(counts[1] + counts[3], step)
            self.assertEqual(len(self.wrong()), counts[1] + counts[2])
            before = counts
        self.assertEqual(before, [0, 9, 0, 5])
        BROWSER.press('input.image', 'right')
        self.assertEqual(self.counts(), before)
        self.assertEqual(self.wrong(), ['missed defect'] * 9)
        self.assertIn('9 missed defects and 0 false alarms', BROWSER.text('#wrong_text'))
        self.assertEqual(BROWSER.text('.model .precision'), '\u2013')
        self.assertEqual(BROWSER.run('return document.querySelector("input.image").getAttribute("aria-valuetext")'),
                         BROWSER.text('output.image'))

    def test_all_is_reached_by_tab(self):
        self.open()
        reached = set()
        for _ in range(8):
            BROWSER.devtools('Input.dispatchKeyEvent', type='keyDown', key='Tab', code='Tab', windowsVirtualKeyCode=9)
            BROWSER.devtools('Input.dispatchKeyEvent', type='keyUp', key='Tab', code='Tab', windowsVirtualKeyCode=9)
            reached.add(BROWSER.run('const e = document.activeElement; return e.tagName + "." + e.className'))
        self.assertLessEqual({'INPUT.image', 'INPUT.pixel', 'BUTTON.', 'PRE.'}, reached)

    def test_outlines_follow(self):
        high = '#image=9'  # by which all defects are missed, and shown
        self.open(fragment=high)
        own = self.paths()
        self.assertEqual((len(own), all(own)), (9, True))
        # The script's outlines, at nearly the same threshold, are where the program's are.
        self.open(fragment='%s&pixel=%.17g' % (high, self.figures['model_pixel_threshold'] * 1.000001))
        self.assertFalse(set(self.paths()) & set(own))
        distances = sorted(BROWSER.run(DISTANCES, own, SHOWN_PATHS))
        self.assertGreater(len(distances), 1000)
        self.assertLess(distances[len(distances) * 95 // 100], 1)
        BROWSER.press('input.pixel', 'end')
        self.assertLess(sum(map(bool, self.paths())), 2)
        BROWSER.press('input.image', 'home')  # shows others, whose outlines follow, too
        self.assertEqual(sum(map(bool, self.paths())), 0)
        BROWSER.press('input.pixel', 'home')
        self.assertTrue(all(self.paths()))
        BROWSER.press('input.image', 'end')
        self.assertTrue(all(self.paths()))
        BROWSER.click('[data-to=pixelOwn]')
        self.assertEqual(self.paths(), own)

    def test_command_writes_the_model(self):
        self.open()
        BROWSER.press('input.image', 'right', 'right', 'right')
        BROWSER.press('input.pixel', 'right', 'right')
        command = shlex.split(BROWSER.text('.command'))
        self.assertEqual(command[0], 'anomaly_evaluate')
        model = next(word.split('=', 1)[1] for word in command if word.startswith('--calibrate='))
        self.assertEqual(pathlib.Path(model).name, 'brick_thresholds.yml.gz')
        given = {word.split('=')[0]: word.split('=')[1] for word in command if '_threshold=' in word}
        written = WORK / 'written.yml.gz'  # the folder of test_data stays as it is
        done = run(command[0], *[word.replace(model, str(written)) for word in command[1:]])
        self.assertEqual(done.returncode, 0, done.stderr)
        again = WORK / 'again.json'
        evaluate(self.category, '--json=%s' % again, model=written)
        values = json.loads(again.read_text())
        self.assertEqual(values['model_image_threshold'], float(given['--image_threshold']))
        self.assertEqual(values['model_pixel_threshold'], float(given['--pixel_threshold']))
        found, missed, alarms, _ = self.counts()
        self.assertEqual((values['model_image_recall'], values['model_false_alarms']),
                         (found / (found + missed), alarms))

    def test_address_of_a_setting(self):
        self.open(fragment='#image=%r' % self.figures['model_image_threshold'])
        self.assertEqual(self.counts()[2], self.figures['model_false_alarms'])
        BROWSER.press('input.image', 'end')
        address = BROWSER.run('return location.hash')
        self.assertRegex(address, r'^#image=[\d.]+&pixel=[\d.]+$')
        self.open(fragment=address)
        self.assertEqual(self.counts(), [0, 9, 0, 5])
        self.open(fragment='#image=x&pixel=-1&image2=5')  # what makes no sense changes nothing
        self.assertAlmostEqual(self.counts()[0] / 9, self.figures['image_recall'])

    def test_odd_names_are_text(self):
        self.open()
        BROWSER.press('input.image', 'home')
        self.assertIn('good/' + ODD_NAME, BROWSER.texts('#wrong .case header b'))
        self.assertEqual(BROWSER.text('h1'), 'script><b>')
        self.assertIn("'%s'" % self.category, BROWSER.text('.command'))

    def test_two_models(self):
        self.open('two')
        figures = json.loads((WORK / 'two.json').read_text())
        for model, prefix in enumerate(('', 'compared_')):
            found, missed, alarms, _ = self.counts(model)
            self.assertAlmostEqual(found / (found + missed), figures[prefix + 'image_recall'])
            self.assertAlmostEqual(2 * found / (2 * found + missed + alarms), figures[prefix + 'image_f1'])
        self.assertEqual(BROWSER.texts('.model h3'), ['brick.yml.gz', 'other model.yml.gz'])
        BROWSER.press('.model[data-model="0"] input.image', 'home')
        BROWSER.press('.model[data-model="1"] input.image', 'end')
        self.assertIn('differ on 14 images', BROWSER.text('#wrong_text'))
        pairs = BROWSER.run('return [...document.querySelectorAll("#wrong .case")].map(c => '
                            '[...c.querySelectorAll("em")].map(e => e.textContent))')
        self.assertEqual(sorted(pairs), [['false alarm', 'passed']] * 5 + [['found', 'missed defect']] * 9)
        BROWSER.click('.model[data-model="1"] [data-to=best]')
        verdicts = BROWSER.run('return [...document.querySelectorAll("#wrong .case")].map(c => '
                               '[...c.querySelectorAll("em")].map(e => /false|found/.test(e.textContent)))')
        differences = [first != second for first, second in verdicts]
        self.assertEqual(differences, sorted(differences, reverse=True))
        self.assertIn("'--model=%s'" % self.other, BROWSER.text('.model[data-model="1"] .command'))
        self.assertEqual(len(BROWSER.run('return document.querySelector(".case").querySelectorAll("img")')), 4)

    def test_on_a_telephone(self):
        for name in ('one', 'two'):
            for width in (1280, 390):
                BROWSER.resize(width)
                self.open(name)
                self.assertLessEqual(BROWSER.run('return document.documentElement.scrollWidth'), width)
                self.assertGreater(BROWSER.run('return document.querySelector("input.image").clientWidth'), 250)
                self.assertEqual(BROWSER.run(CUT_TEXTS), [])
                BROWSER.picture('%s_%d.png' % (name, width))
        BROWSER.resize(1280)

    def test_without_script(self):
        BROWSER.devtools('Emulation.setScriptExecutionDisabled', value=True)
        try:
            self.open()
            self.assertFalse(BROWSER.run('return document.getElementById("thresholds").checkVisibility()'))
            self.assertFalse(BROWSER.run('return document.getElementById("others").checkVisibility()'))
            self.assertTrue(BROWSER.run('return document.querySelector("#wrong .outlined path").checkVisibility()'))
            self.assertTrue(any(self.paths()))
        finally:
            BROWSER.devtools('Emulation.setScriptExecutionDisabled', value=False)

    def test_nothing_comes_from_elsewhere(self):
        page = (WORK / 'two' / 'index.html').read_text(encoding='utf-8')
        self.assertIsNone(re.search(r'https?:|url\(|<link|<script src|src=[\'"](?!data:)', page))


class Large(unittest.TestCase):
    def test_page_of_many_images_is_bounded(self):
        """However many images there are, 48 of them have pictures; others that are judged wrongly are listed."""
        category = programs.make_category('many')
        good = category / 'test' / 'good'
        for i, file in enumerate(sorted(good.iterdir()) * 40):
            (good / ('%s_%03d.png' % (file.stem, i))).symlink_to(file.resolve())
        evaluate(category, '--report=%s' % (WORK / 'many'))
        page = WORK / 'many' / 'index.html'
        self.assertLess(page.stat().st_size, 2.5e6)
        BROWSER.open(page)
        BROWSER.press('input.image', 'home')
        self.assertEqual(BROWSER.run('return document.querySelectorAll(".case").length'), 48)
        self.assertEqual(int(BROWSER.text('.model .alarms')), 164)
        shown = len(BROWSER.texts('#wrong .case'))
        self.assertEqual(BROWSER.texts('#rest li')[-1], 'and %d more' % (164 - shown - 100))


if __name__ == '__main__':
    programs.PROGRAMS, programs.TEST_DATA = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    TEST_DATA, MODEL = programs.TEST_DATA, programs.TEST_DATA / 'models' / 'brick.yml.gz'
    FOUND = [shutil.which('chromium'), shutil.which('chromedriver')]
    if not all(FOUND):
        print('skipped: the report page is used in a browser, which needs chromium and chromedriver in PATH '
              '(Debian: tools/install_packages.sh browser)')
        sys.exit(SKIPPED)
    BROWSER = Browser(*FOUND)
    with tempfile.TemporaryDirectory() as folder:
        WORK = programs.WORK = pathlib.Path(folder).resolve()
        try:
            unittest.main(argv=sys.argv[:1] + sys.argv[3:], verbosity=2)
        finally:
            BROWSER.close()
