// The ways in which EHR clients show a text as Markdown, raw HTML switched on: what a careless client does.
import { Parser, HtmlRenderer } from 'commonmark';
import MarkdownIt from 'markdown-it';
import { Marked } from 'marked';
import { createElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import Markdown from 'react-markdown';
import rehypeRaw from 'rehype-raw';
import remarkGfm from 'remark-gfm';

const html = (render) => (place, text) => {
  place.innerHTML = render(text);
};

const react = (place, text) => {
  const markdown = createElement(Markdown, { remarkPlugins: [remarkGfm], rehypePlugins: [rehypeRaw] }, text);
  flushSync(() => createRoot(place).render(markdown));
};

const markdownIt = new MarkdownIt({ html: true, linkify: true });
// As before markdown-it 15, where hosts without a scheme became links by default: many clients still run that.
markdownIt.linkify.set({ fuzzyLink: true, fuzzyEmail: true, fuzzyIP: true });
const marked = new Marked({ gfm: true, async: false });
const commonmark = { parser: new Parser(), renderer: new HtmlRenderer({ safe: false }) };

export const renderers = {
  'react-markdown': react,
  'markdown-it': html((text) => markdownIt.render(text)),
  marked: html((text) => marked.parse(text)),
  commonmark: html((text) => commonmark.renderer.render(commonmark.parser.parse(text))),
  // No renderer at all: the client takes every text for HTML.
  innerHTML: html((text) => text),
};
