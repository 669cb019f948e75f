// The EHR's page: one CDS Hooks card as a client shows it. `into(place, text)` is the renderer.

const element = (name, className, text) => {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};

// A place that the renderer fills; `data-what` says from which member.
const slot = (what, text, into, className = '') => {
  const made = element('div', `slot ${className}`.trim());
  made.dataset.what = what;
  into(made, text);
  return made;
};

const WORDS = { info: 'Information', warning: 'Warning', critical: 'Critical' };

const source = ({ label, url, icon }) => {
  const made = element('span', 'source');
  if (icon) {
    const image = element('img');
    image.alt = '';
    image.src = icon;
    made.append(image);
  }
  const name = element(url ? 'a' : 'span', '', label);
  if (url) name.href = url;
  made.append(name);
  return made;
};

const suggestions = (card) => {
  const made = element('div', 'suggestions');
  for (const { label, isRecommended } of card.suggestions ?? []) {
    const button = element('button', isRecommended ? 'recommended' : '', label);
    button.type = 'button';
    made.append(button);
  }
  return made;
};

const overrides = (card) => {
  const made = element('label', 'override', 'Not now, because');
  const select = element('select');
  select.append(element('option', '', 'choose a reason'));
  for (const { display } of card.overrideReasons) select.append(element('option', '', display));
  made.append(select);
  return made;
};

const links = (card) => {
  const made = element('div', 'links');
  for (const { label, url } of card.links) {
    const link = element('a', '', label);
    link.href = url;
    made.append(link);
  }
  return made;
};

export const shown = (card, into) => {
  const made = element('article', `card ${card.indicator}`);
  const head = element('header');
  head.append(element('span', 'indicator', WORDS[card.indicator] ?? ''), source(card.source));
  made.append(head, element('h2', '', card.summary));
  if (card.detail) made.append(slot('detail', card.detail, into, 'detail'));
  const foot = element('footer');
  if (card.suggestions?.length) foot.append(suggestions(card));
  if (card.links?.length) foot.append(links(card));
  if (card.overrideReasons?.length) foot.append(overrides(card));
  if (foot.childElementCount) made.append(foot);
  return made;
};

// What else of a card a careless client hands to its renderer. A line that was `seen` shows nothing new.
export const probed = (card, into, seen) => {
  const made = element('section', 'probe');
  const add = (what, text) => {
    if (!text || seen.has(text)) return;
    seen.add(text);
    made.append(slot(what, text, into));
  };
  add('summary', card.summary);
  add('source.label', card.source.label);
  for (const { label, actions } of card.suggestions ?? []) {
    add('suggestion.label', label);
    for (const { description } of actions ?? []) add('action.description', description);
  }
  for (const { display } of card.overrideReasons ?? []) add('overrideReason.display', display);
  for (const { label } of card.links ?? []) add('link.label', label);
  return made;
};
