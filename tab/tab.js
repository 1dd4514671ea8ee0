// The GitOps tab on the page of a run: shows the plan that the task attached.
//
// It speaks the messages of azure-devops-extension-sdk to the page around it: JSON-RPC
// with a token for the handshake, functions as numbers. Nothing else of that library is
// needed here. What a run attached may come from anybody who can change its pipeline: it
// is shown in a frame that has no origin and reaches no network.
'use strict';

const ATTACHMENTS = 'gitops.plan';
const API = 'api-version=7.0-preview.2';
const HOST = 'DevOps.HostControl';
const SERVICES = 'DevOps.ServiceManager';
const LARGEST = 32 * 1024 * 1024;
// The data of the page may come after the tab.
const PATIENCE = { tries: 20, pause: 500 };

const handshakeToken = Array.from(crypto.getRandomValues(new Uint32Array(4)), (n) => n.toString(36)).join('');
const waiting = new Map();
let hostOrigin;
let lastId = 0;

/** Calls a method of an object that the page around this one offers. */
function invoke(methodName, instanceId, params = [], settings) {
    const message = { id: ++lastId, methodName, instanceId, params, serializationSettings: settings };
    if (!hostOrigin) {
        message.handshakeToken = handshakeToken;
    }
    const answer = new Promise((resolve, reject) => waiting.set(message.id, { resolve, reject }));
    send(message);
    return answer;
}

function send(message) {
    // A page in a sandbox has the origin `null`, which cannot be a target.
    const target = hostOrigin && hostOrigin !== 'null' ? hostOrigin : '*';
    window.parent.postMessage(JSON.stringify(message), target);
}

/** Functions come as numbers; here they become functions again. */
function revive(value) {
    if (value === null || typeof value !== 'object') {
        return value;
    }
    if (value.__proxyFunctionId) {
        const name = `proxy${value.__proxyFunctionId}`;
        return (...params) => invoke(name, '__proxyFunctions', params, { includeUnderscoreProperties: true });
    }
    for (const key of Object.keys(value)) {
        value[key] = revive(value[key]);
    }
    return value;
}

window.addEventListener('message', (event) => {
    if (event.source !== window.parent || typeof event.data !== 'string') {
        return;
    }
    let message;
    try {
        message = JSON.parse(event.data);
    } catch (_) {
        return;
    }
    if (message === null || typeof message !== 'object') {
        return;
    }
    if (!hostOrigin) {
        if (message.handshakeToken !== handshakeToken) {
            return;
        }
        hostOrigin = event.origin;
    } else if (event.origin !== hostOrigin) {
        return;
    }
    if (message.instanceId) {
        answer(message);
        return;
    }
    const call = waiting.get(message.id);
    waiting.delete(message.id);
    if (call && message.error) {
        call.reject(new Error(message.error.message || String(message.error)));
    } else if (call) {
        call.resolve(revive(message.result));
    }
});

/** What the page around this one calls here: it tells of a new theme. */
function answer({ id, instanceId, methodName, params, handshakeToken: token }) {
    if (instanceId !== 'DevOps.SdkClient' || methodName !== 'dispatchEvent') {
        send({ id, error: { message: `there is no ${methodName} of ${instanceId}` }, handshakeToken: token });
        return;
    }
    const [name, event] = params || [];
    if (name === 'themeChanged' && event && event.detail) {
        applyTheme(event.detail.data);
        show();
    }
    send({ id, handshakeToken: token });
}

async function service(id) {
    const found = await invoke('getService', SERVICES, [id]);
    if (!found) {
        throw new Error(`the page offers no ${id}`);
    }
    return found;
}

function applyTheme(theme) {
    for (const [name, value] of Object.entries(theme || {})) {
        document.documentElement.style.setProperty(`--${name}`, value);
    }
}

/** Whether the page around this one is dark, as far as its theme says. */
function isDark() {
    const color = getComputedStyle(document.body).backgroundColor;
    const [red, green, blue] = (color.match(/[\d.]+/g) || []).map(Number);
    return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}

/** The run that the page shows, and the way to its attachments. */
async function run() {
    const pages = await service('ms.vss-build-web.build-page-data-service');
    let page;
    for (let tries = 0; tries < PATIENCE.tries && !(page && page.build); tries += 1) {
        if (tries > 0) {
            await new Promise((resolve) => setTimeout(resolve, PATIENCE.pause));
        }
        page = await pages.getBuildPageData();
    }
    if (!page || !page.build) {
        throw new Error('the page does not say which run it shows');
    }
    let { project } = page.build;
    if (!project) {
        project = await (await service('ms.vss-tfs-web.tfs-page-data-service')).getProject();
    }
    const base = await (await service('ms.vss-features.location-service')).getServiceLocation();
    const way = `${encodeURIComponent(project.id)}/_apis/build/builds/${encodeURIComponent(page.build.id)}`;
    return base.replace(/\/*$/, '/') + way;
}

/** Asks the REST API as the person who looks at the page. */
async function ask(address) {
    const { token } = await invoke('getAccessToken', HOST);
    const response = await fetch(address, { headers: { Authorization: `Bearer ${token}` }, referrerPolicy: 'no-referrer' });
    if (!response.ok) {
        throw new Error(`the server answered with ${response.status} ${response.statusText}`.trim());
    }
    return response;
}

/** The plans that tasks of the run attached: their names, and where they are. */
async function attachments(builds) {
    const list = await (await ask(`${builds}/attachments/${ATTACHMENTS}?${API}`)).json();
    const found = [];
    for (const one of list.value || []) {
        // The address is made anew: the token goes to no place that a list names.
        const link = one._links && one._links.self && one._links.self.href;
        const ids = /\/([0-9a-f-]{36})\/([0-9a-f-]{36})\/attachments\//i.exec(link || '');
        if (ids) {
            const name = encodeURIComponent(one.name);
            found.push({
                name: String(one.name),
                address: `${builds}/${ids[1]}/${ids[2]}/attachments/${ATTACHMENTS}/${name}?${API}`,
            });
        }
    }
    return found;
}

const byId = (id) => document.getElementById(id);
let plans = [];
let shown;

function say(text) {
    byId('said').textContent = text;
    byId('said').hidden = text === '';
}

/** Shows the page that was read last, in a frame that may run its script and nothing else. */
function show() {
    document.querySelectorAll('iframe').forEach((frame) => frame.remove());
    if (shown === undefined) {
        return;
    }
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-scripts');
    frame.setAttribute('referrerpolicy', 'no-referrer');
    frame.title = 'What publishing changes';
    // This policy comes before anything of the attached page, which may have none.
    const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
    const theme = isDark() ? 'dark' : 'light';
    frame.srcdoc = `<!DOCTYPE html><html lang="en" data-theme="${theme}"><head><meta http-equiv="Content-Security-Policy" content="${policy}">${shown}`;
    document.body.append(frame);
}

async function load(plan) {
    shown = undefined;
    show();
    say('Loading the plan…');
    const content = await (await ask(plan.address)).blob();
    if (content.size > LARGEST) {
        say(`The plan “${plan.name}” is too large to show here. The log of the run has it.`);
        return;
    }
    shown = await content.text();
    say('');
    show();
}

async function refresh() {
    plans = await attachments(await run());
    const menu = byId('plans');
    const before = menu.value;
    menu.replaceChildren(...plans.map(({ name }, at) => new Option(name, String(at))));
    byId('bar').hidden = false;
    menu.disabled = plans.length < 2;
    if (plans.length === 0) {
        shown = undefined;
        show();
        say('This run has no plan: the GitOps task has not run in it yet, or it stopped before it compared anything.');
        return;
    }
    menu.value = plans[Number(before)] ? before || '0' : '0';
    await load(plans[Number(menu.value)]);
}

/** Does what a person asked for, or says why it cannot be done. */
function attempt(work) {
    work().catch((error) => {
        shown = undefined;
        show();
        byId('bar').hidden = false;
        say(`The plan cannot be shown: ${error.message}. The log and the summary of the run have it, too.`);
    });
}

byId('bar').addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(refresh);
});
byId('plans').addEventListener('change', () => attempt(() => load(plans[Number(byId('plans').value)])));

(async () => {
    const handshake = await invoke('initialHandshake', HOST, [{ loaded: true, applyTheme: true, sdkVersion: 4 }]);
    applyTheme(handshake && handshake.themeData);
    attempt(refresh);
})();
