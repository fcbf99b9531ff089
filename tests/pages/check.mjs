// Opens pages in Chromium and checks each with axe-core for WCAG 2.2 AA: at the
// width of a phone and of a desk, light and dark. Then somebody who has nothing
// but a keyboard, and whose browser runs no script, signs in, accepts an
// invitation and signs up.
//
// Reads from standard input: {"url": …, "pages": [{"name", "path"}, …],
// where a page may have "needsSignIn", whom to sign in before, "fill", what to
// fill its form with before it is sent and the answer checked, "isForged", that
// the form is not the one that we have sent, and "status", what has to be
// answered; of a link that is good once, "path" is one for each look.
// "logo": the address of a picture that stands for one out there, or null,
// "keyboard": what somebody with a keyboard does, or null,
// "screenshots": a folder or null}.
// Writes one line of JSON: what was checked, and every violation.
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const text = await new Promise((resolve) => {
  let read = '';
  process.stdin.on('data', (chunk) => (read += chunk)).on('end', () => resolve(read));
});
const { url, pages, logo, keyboard, screenshots } = JSON.parse(text);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
  ],
});
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const report = { checked: 0, passes: 0, violations: [], errors: [] };
// Only the checker itself may run in the page, so the policy is set aside for
// it; `strict` below keeps it.
const looks = [1280, 390].flatMap((width) => ['light', 'dark'].map((scheme) => [width, scheme]));

async function check(page, name) {
  await page.evaluate(axe.source);
  const result = await page.evaluate((tags) => globalThis.axe.run({ runOnly: tags }), tags);
  report.checked += 1;
  report.passes += result.passes.length;
  for (const violation of result.violations) {
    const nodes = violation.nodes.map((node) => node.html);
    report.violations.push({ page: name, rule: violation.id, help: violation.help, nodes });
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) report.errors.push(`${name} is ${overflow} pixels too wide`);
}

async function signedIn(context, { path, email, password }) {
  const page = await context.newPage();
  await page.goto(url + path);
  await page.fill('#email', email);
  await page.fill('#password', password);
  await page.click('button[type=submit]');
  await page.waitForURL(`${url}/portal`);
  await page.close();
}

for (const [look, [width, colorScheme]] of looks.entries()) {
  const viewport = { width, height: 900 };
  const context = await browser.newContext({ viewport, colorScheme, bypassCSP: true });
  if (logo) {
    const body = '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="90"><path d="M0 0h600v90H0z" fill="#777"/></svg>';
    await context.route(logo, (route) => route.fulfill({ contentType: 'image/svg+xml', body }));
  }
  for (const { name, path, needsSignIn, fill, isForged, status } of pages) {
    if (needsSignIn) await signedIn(context, needsSignIn);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    try {
      let answer = await page.goto(url + (Array.isArray(path) ? path[look] : path));
      if (isForged) await page.locator('[name=csrf]').evaluate((field) => field.setAttribute('value', 'x'));
      if (fill) {
        for (const [field, value] of Object.entries(fill)) await page.fill(`[name=${field}]`, value);
        [answer] = await Promise.all([page.waitForNavigation(), page.locator('button[type=submit]').first().click()]);
      }
      if (status && answer.status() !== status) report.errors.push(`${name} is answered with ${answer.status()}`);
      await check(page, `${name} at ${width}, ${colorScheme}`);
    } catch (error) {
      const shown = await page.locator('main').textContent().catch(() => 'nothing');
      report.errors.push(`${name}, where the page says ${shown.trim()}: ${error.message}`);
    }
    if (screenshots) await page.screenshot({ path: `${screenshots}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    await page.close();
  }
  await context.close();
}

// The policy of the page holds here, and there are no scripts.
async function useKeyboard({ signIn, accept, signUp, verify }) {
  const strict = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 900 } });
  const page = await strict.newPage();
  page.on('console', (message) => {
    const isRefusal = /status of 40[01]/.test(message.text());
    if (message.type() === 'error' && !isRefusal) report.errors.push(message.text());
  });
  const press = async (...keys) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  // Goes on to the next field, which has to be this one, and types.
  const typeInto = async (name, value) => {
    await press('Tab');
    const reached = await page.locator(':focus').getAttribute('name').catch(() => null);
    if (reached !== name) report.errors.push(`instead of ${name}, the key leads to ${reached}`);
    await page.keyboard.type(value);
  };
  const isIn = async () => {
    await page.waitForURL(`${url}/portal`);
    const heading = await page.locator('h1').textContent();
    if (!heading.startsWith('Welcome')) report.errors.push(`the start page says ${heading}`);
  };
  const signOut = async (path) => {
    await press('Tab', 'Enter');
    await page.waitForURL(url + path);
  };

  await page.goto(url + signIn.path);
  await typeInto('email', signIn.email);
  await typeInto('password', 'a wrong password');
  await press('Enter');
  await page.waitForSelector('[role=alert]');
  await press('Tab');
  await typeInto('password', signIn.password);
  await press('Enter');
  await isIn();
  report.button = await page.locator('button').first().evaluate((button) => getComputedStyle(button).backgroundColor).catch(() => null);
  await signOut(signIn.path);

  await page.goto(url + accept);
  await typeInto('password', 'grace grace grace');
  await press('Enter');
  await page.waitForSelector('[role=alert]');
  await typeInto('password', signIn.password);
  await press('Enter');
  await isIn();
  await signOut(signIn.path);

  await page.goto(url + signUp.path);
  await typeInto('givenName', ' ');
  await typeInto('familyName', '');
  await typeInto('email', signUp.email);
  await press('Enter');
  await page.waitForSelector('[role=alert]');
  await typeInto('givenName', signUp.givenName);
  await press('Tab', 'Tab', 'Enter');
  await page.waitForSelector('form', { state: 'detached' });
  const told = await page.locator('main').textContent();
  if (!told.includes(signUp.email)) report.errors.push(`after signing up, the page says ${told}`);
  await page.goto(url + verify);
  await typeInto('password', signIn.password);
  await press('Enter');
  await isIn();
}

if (keyboard) await useKeyboard(keyboard);
await browser.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
