// Opens pages in Chromium and checks each with axe-core for WCAG 2.2 AA: at the
// width of a phone and of a desk, light and dark. Then somebody who has nothing
// but a keyboard, and whose browser runs no script, signs in.
//
// Reads from standard input: {"url": …, "pages": [{"name", "path"}, …],
// where a page may have "needsSignIn", whom to sign in before, and "fill", what
// to fill its form with before it is sent and the answer checked; of a link that
// is good once, "path" is one for each look.
// "signIn": {"path", "email", "password"}, "screenshots": a folder or null}.
// Writes one line of JSON: what was checked, and every violation.
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const text = await new Promise((resolve) => {
  let read = '';
  process.stdin.on('data', (chunk) => (read += chunk)).on('end', () => resolve(read));
});
const { url, pages, signIn, screenshots } = JSON.parse(text);
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
  for (const { name, path, needsSignIn, fill } of pages) {
    if (needsSignIn) await signedIn(context, needsSignIn);
    const page = await context.newPage();
    await page.goto(url + (Array.isArray(path) ? path[look] : path));
    if (fill) {
      for (const [field, value] of Object.entries(fill)) await page.fill(`[name=${field}]`, value);
      await Promise.all([page.waitForNavigation(), page.locator('button[type=submit]').first().click()]);
    }
    await check(page, `${name} at ${width}, ${colorScheme}`);
    if (screenshots) await page.screenshot({ path: `${screenshots}/${name}-${width}-${colorScheme}.png`, fullPage: true });
    await page.close();
  }
  await context.close();
}

// The policy of the page holds here, and there are no scripts.
const strict = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 900 } });
const page = await strict.newPage();
page.on('console', (message) => {
  if (message.type() === 'error' && !message.text().includes('401')) report.errors.push(message.text());
});
await page.goto(url + signIn.path);
const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
await press('Tab');
await page.keyboard.type(signIn.email);
await press('Tab');
await page.keyboard.type('a wrong password');
await press('Enter');
await page.waitForSelector('[role=alert]');
await page.locator('#password').focus();
await page.keyboard.type(signIn.password);
await press('Enter');
await page.waitForURL(`${url}/portal`);
const heading = await page.locator('h1').textContent();
if (!heading.startsWith('Welcome')) report.errors.push(`the start page says ${heading}`);
const background = await page.locator('button').first().evaluate((button) => getComputedStyle(button).backgroundColor).catch(() => null);
report.button = background;
await page.locator('button').first().focus();
await press('Enter');
await page.waitForURL(url + signIn.path);
await browser.close();
process.stdout.write(`${JSON.stringify(report)}\n`);
