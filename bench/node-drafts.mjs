// Drafts greedily from each line of a file with node-llama-cpp and prints a line of JSON for each: its tokens' ids.
// Used by `Bench same-drafts`; bench/draft-vs-node.sh says how the package is installed.
import fs from "node:fs";
import path from "node:path";
import {pathToFileURL} from "node:url";

const [modelPath, prompts, tokens, threads] = process.argv.slice(2);
const entry = path.resolve(process.env.NODE_LLAMA_CPP, "node_modules/node-llama-cpp/dist/index.js");
const {getLlama} = await import(pathToFileURL(entry));

const llama = await getLlama({gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: "error", maxThreads: Number(threads)});
const model = await llama.loadModel({modelPath, useMmap: true});
const context = await model.createContext({contextSize: 1024, threads: {ideal: Number(threads), min: Number(threads)}});
const sequence = context.getSequence();

for (const prompt of fs.readFileSync(prompts, "utf8").split("\n").filter(line => line.length > 0)) {
    await sequence.clearHistory();
    const ids = [];
    let started = performance.now(), first = 0;
    const read = model.tokenize(prompt, false);
    for await (const token of sequence.evaluate(read, {temperature: 0})) {
        if (ids.length === 0) first = performance.now();
        if (ids.push(token) === Number(tokens)) break;
    }
    console.log(JSON.stringify({Prompt: read.length, Ids: ids, PromptSeconds: (first - started) / 1000}));
}
process.exit(0);
