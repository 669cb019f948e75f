// Shows cards and counts what is in the document afterwards. `drive.mjs` calls `window.cordon`.
import { probed, shown } from './ehr.mjs';
import { renderers } from './renderers.mjs';

// What the card profile's Markdown is made of, and nothing else. Whatever is not listed is a finding.
const DETAIL = new Set('P EM STRONG UL OL LI TABLE THEAD TBODY TR TH TD CODE PRE BR HR'.split(' '));
// A line is plain text: taken for Markdown it may be a heading or a task, but nothing that loads or leads away.
const LINE = new Set([...DETAIL, ...'H1 H2 H3 H4 H5 H6 BLOCKQUOTE DEL S INPUT'.split(' ')]);
const NONE = new Set();
const DETAIL_ATTRIBUTES = new Set(['ol start']);
const LINE_ATTRIBUTES = new Set(['ol start', 'ul class', 'li class', 'input type', 'input disabled', 'input checked']);

const COUNTED = ['a', 'img', 'script', 'iframe', 'svg', 'style'];
const ADDRESSES = /^(src|srcset|href|xlink:href|action|formaction|poster|data|background|ping|cite|srcdoc)$/;
// Nobody sees these, sees them elsewhere, or can tell them from a space.
const HIDDEN = /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\p{Private_Use}\p{Unassigned}]|(?! )\p{Separator}/gu;

// Of more cards than this, only what is in sight is laid out: the elements are counted all the same.
const MANY = 100;

const short = (node) => node.outerHTML.slice(0, 160).toWellFormed();

const kinds = (node) => {
  const name = node.localName.toLowerCase();
  const of = [...node.attributes].flatMap(({ name: attribute }) => {
    if (attribute === 'style' || attribute.startsWith('on')) return [attribute === 'style' ? '[style]' : '[on*]'];
    return ADDRESSES.test(attribute) ? [attribute.endsWith('href') ? '[href]' : '[src]'] : [];
  });
  return COUNTED.includes(name) ? [name, ...of] : of;
};

// The element, and its attributes, as far as the slot has no place for them.
const foreign = (node, what, renderer) => {
  const [elements, attributes] =
    renderer === 'innerHTML' ? [NONE, NONE] : what === 'detail' ? [DETAIL, DETAIL_ATTRIBUTES] : [LINE, LINE_ATTRIBUTES];
  const html = node.namespaceURI === 'http://www.w3.org/1999/xhtml';
  if (!html || !elements.has(node.tagName)) return ['other'];
  return [...node.attributes].some(({ name }) => !attributes.has(`${node.localName} ${name}`)) ? ['other'] : [];
};

const inSlot = (slot, renderer) =>
  [...slot.querySelectorAll('*')].flatMap((node) => {
    const found = [...kinds(node), ...foreign(node, slot.dataset.what, renderer)];
    return found.map((kind) => ({ kind, what: slot.dataset.what, html: short(node) }));
  });

// Links and images that the client itself makes from the card's members: only the manifest's are expected.
const inFrame = (card, manifest) => {
  const all = [...card.querySelectorAll(':scope > header a, :scope > footer a, :scope > header img')];
  const bad = all.filter((node) => !manifest.includes(node.getAttribute(node.localName === 'a' ? 'href' : 'src')));
  return bad.map((node) => ({ kind: node.localName, what: 'member', html: short(node) }));
};

const hidden = (card) => (card.textContent.match(HIDDEN) ?? []).map((c) => ({ kind: 'hidden', what: 'text', html: `U+${c.codePointAt(0).toString(16)}` }));

// The hospital's footer must be the last paragraph, below a rule, whatever stands above it.
const withoutFooter = (card, footer, renderer) => {
  if (!footer || renderer === 'innerHTML') return [];
  const last = card.querySelector('.slot.detail')?.lastElementChild;
  const whole = last?.tagName === 'P' && last.textContent === footer && last.children.length === 0;
  const apart = [...card.querySelectorAll('.slot.detail > *')].length === 1 || last?.previousElementSibling?.tagName === 'HR';
  return whole && apart ? [] : [{ kind: 'footer', what: 'detail', html: last ? short(last) : '' }];
};

const place = () => document.querySelector('main');

const show = (cards, renderer) => {
  const into = renderers[renderer];
  const failed = [];
  const probes = new Set();
  place().classList.toggle('many', cards.length > MANY);
  const guarded = (card) => (slot, text) => {
    try {
      into(slot, text);
    } catch (error) {
      failed.push({ id: card.id, kind: 'error', what: slot.dataset.what, html: String(error).slice(0, 160).toWellFormed() });
    }
  };
  for (const card of cards) {
    const section = document.createElement('section');
    section.className = 'answer';
    section.dataset.id = card.id;
    // In the document before it is filled: what loads, loads as it does for a clinician.
    place().append(section);
    section.append(shown(card.card, guarded(card)), probed(card.card, guarded(card), probes));
  }
  return failed;
};

const count = (renderer, manifest, footer) =>
  [...place().querySelectorAll(':scope > .answer')].flatMap((answer) => {
    const card = answer.querySelector(':scope > article');
    const slots = [...answer.querySelectorAll('.slot')].flatMap((slot) => inSlot(slot, renderer));
    const found = [...slots, ...inFrame(card, manifest), ...hidden(answer), ...withoutFooter(card, footer, renderer)];
    return found.map((one) => ({ id: answer.dataset.id, ...one }));
  });

// What stands in the page besides the answers: nothing, unless a card added it.
const strays = () => [...document.body.children].filter((node) => node.localName !== 'main').map(short);

// The cards and nothing else, as a clinician sees them.
const look = (cards, renderer) => place().append(...cards.map(({ card }) => shown(card, renderers[renderer])));

window.cordon = { show, count, strays, look, names: Object.keys(renderers) };
