
'use strict';
(() => {
    const byId = (id) => document.getElementById(id);
    const entries = Array.from(document.querySelectorAll('[data-entry]'), (element) => ({
        element,
        text: element.textContent.toLowerCase(),
    }));
    const folded = Array.from(document.querySelectorAll('details[data-entry]'));
    const few = 20;
    byId('tools').hidden = entries.length === 0;
    byId('tools').addEventListener('submit', (event) => event.preventDefault());
    byId('search').addEventListener('input', () => {
        const words = byId('search').value.toLowerCase().split(/\s+/).filter(Boolean);
        let shown = 0;
        for (const { element, text } of entries) {
            element.hidden = !words.every((word) => text.includes(word));
            shown += element.hidden ? 0 : 1;
        }
        for (const section of document.querySelectorAll('section')) {
            section.hidden = words.length > 0 && !section.querySelector('[data-entry]:not([hidden])');
        }
        if (words.length > 0 && shown <= few) {
            folded.forEach((element) => { element.open = element.open || !element.hidden; });
        }
        byId('found').textContent = words.length > 0 ? `${shown} of ${entries.length} shown` : '';
    });
    const all = (open) => () => folded.forEach((element) => { element.open = open; });
    byId('unfold').addEventListener('click', all(true));
    byId('fold').addEventListener('click', all(false));
})();
