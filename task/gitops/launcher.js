// Starts the native program of this task and gets out of its way.
//
// It finds the binary of this machine, makes it executable, hands over the
// streams, relays signals and passes the exit code on. Everything else is in
// the binary. No packages, CommonJS, and only what Node 16 to 24 have in common.
'use strict';

const childProcess = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');

// Windows on ARM runs the x64 binary by emulation.
const BINARIES = {
    'linux-x64': 'linux-x64/gitops-publisher.bin',
    'linux-arm64': 'linux-arm64/gitops-publisher.bin',
    'darwin-x64': 'darwin-x64/gitops-publisher.bin',
    'darwin-arm64': 'darwin-arm64/gitops-publisher.bin',
    'win32-x64': 'win32-x64/gitops-publisher.exe',
    'win32-arm64': 'win32-x64/gitops-publisher.exe',
};
const WINDOWS = process.platform === 'win32';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'].concat(WINDOWS ? ['SIGBREAK'] : []);

let child;
let privateFolder;
let signalled;

/** Reports a failed step; exit code 0 keeps the agent from adding a line about node. */
function fail(message) {
    const text = message.replace(/%/g, '%AZP25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
    fs.writeSync(1, `##vso[task.logissue type=error]${text}\n##vso[task.complete result=Failed]${text}\n`);
    cleanUp();
    process.exit(0);
}

function cleanUp() {
    if (!privateFolder) {
        return;
    }
    try {
        fs.rmSync(privateFolder, { recursive: true, force: true });
    } catch (_) {
        // The agent empties its temporary folder with every job.
    }
}

function isExecutable(file) {
    try {
        fs.accessSync(file, fs.constants.X_OK);
        return true;
    } catch (_) {
        return false;
    }
}

/** The execute bit is lost on the way to the agent, and the task folder may be read-only or noexec. */
function makeExecutable(file) {
    if (WINDOWS || isExecutable(file)) {
        return file;
    }
    try {
        fs.chmodSync(file, 0o755);
    } catch (_) {
        return privateCopy(file);
    }
    return isExecutable(file) ? file : privateCopy(file);
}

function privateCopy(file) {
    const parent = process.env.AGENT_TEMPDIRECTORY || os.tmpdir();
    privateFolder = fs.mkdtempSync(path.join(parent, 'gitops-publisher-'));
    const copy = path.join(privateFolder, path.basename(file));
    fs.copyFileSync(file, copy);
    fs.chmodSync(copy, 0o700);
    return copy;
}

// The program cleans up and ends by itself; leaving first would orphan it.
// On Windows it has had the console event already, and kill() would be the end of it.
function relay(signal) {
    signalled = signal;
    if (child && !WINDOWS) {
        child.kill(signal);
    }
}

function start(file) {
    child = childProcess.spawn(file, ['task'], {
        shell: false,
        stdio: ['ignore', 'inherit', 'inherit'],
        windowsHide: true,
    });
    const started = child;
    started.on('error', (error) => {
        if (started.pid !== undefined) {
            return; // a signal could not be delivered; the exit tells the rest
        }
        if (signalled) {
            cleanUp();
            process.exit(128 + os.constants.signals[signalled]);
        }
        if (error.code === 'EACCES' && !WINDOWS && !privateFolder) {
            run(() => start(privateCopy(file)));
            return;
        }
        fail(`GitOps cannot start ${file}: ${error.message}`);
    });
    started.on('exit', (code, signal) => {
        cleanUp();
        process.exit(signal ? 128 + os.constants.signals[signal] : code);
    });
}

function run(action) {
    try {
        action();
    } catch (error) {
        fail(`GitOps cannot prepare its program: ${error.message}`);
    }
}

function main() {
    const platform = `${process.platform}-${process.arch}`;
    const binary = BINARIES[platform];
    if (!binary) {
        fail(`GitOps does not run on ${platform}. Supported: ${Object.keys(BINARIES).join(', ')}.`);
    }
    const file = path.join(__dirname, 'bin', binary);
    if (!fs.existsSync(file)) {
        fail(`GitOps has no program for ${platform} in this package: ${file} is missing.`);
    }
    // Before the program starts: a cancellation may come in the same instant.
    SIGNALS.forEach((signal) => process.on(signal, relay));
    run(() => start(makeExecutable(file)));
}

main();
