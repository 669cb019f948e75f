// Honest: the same answer as `examples/reads_the_labs.rs`, by the contract itself.

const bytes = (rows) => rows.reduce((sum, row) => sum + row.length, 0);

export const cds = {
  evaluate(call) {
    const labs = call.view('labs');
    if (labs == null) throw 'missing-need';
    const creatinine = labs.narrow({ codes: [{ system: 'http://loinc.org', code: '2160-0' }], statuses: [] });
    const words = [call.hook(), call.service(), call.now(), call.locale()].join(' ');
    const rows = `${creatinine.len()} of ${labs.len()} ${labs.need()}, ${bytes(labs.read(0, 4294967295))} bytes`;
    const free = { summary: `${words}: ${rows}`, detail: null, indicator: 'info' };
    return { cards: [{ text: { tag: 'free', val: free }, suggestions: [], overrideReasons: [] }], systemActions: [] };
  },
};
