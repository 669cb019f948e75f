// Asks for the time in every way that JavaScript has, and answers with the labs as `reads_the_labs` finds them.

export const cds = {
  evaluate(call) {
    const labs = call.view('labs');
    const [first, again] = [Date.now(), new Date().getTime()];
    const words = `${new Date(first).toISOString()} ${again - first} ms later: ${labs.len()} rows`;
    const free = { summary: words, detail: null, indicator: 'info' };
    return { cards: [{ text: { tag: 'free', val: free }, suggestions: [], overrideReasons: [] }], systemActions: [] };
  },
};
