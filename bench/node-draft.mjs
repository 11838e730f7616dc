// Drafts greedily with node-llama-cpp and prints one line of JSON. Install the package outside the repository:
//   npm install --prefix DIR node-llama-cpp@3.21.1
// and run: NODE_LLAMA_CPP=DIR node bench/node-draft.mjs MODEL.gguf PROMPT TOKENS THREADS
// Only the prebuilt CPU binary is used; nothing is compiled or downloaded.
import path from "node:path";
import {pathToFileURL} from "node:url";

const [modelPath, prompt, tokens, threads] = process.argv.slice(2);
const entry = path.resolve(process.env.NODE_LLAMA_CPP, "node_modules/node-llama-cpp/dist/index.js");
const {getLlama} = await import(pathToFileURL(entry));

const started = performance.now();
const llama = await getLlama({gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: "error", maxThreads: Number(threads)});
const model = await llama.loadModel({modelPath, useMmap: true});
const context = await model.createContext({contextSize: Math.min(4096, model.trainContextSize), threads: {ideal: Number(threads), min: Number(threads)}});
const sequence = context.getSequence();
const loaded = performance.now();

// The same definitions as in Bench: the prompt's time ends with the first token, the rate counts the tokens after it.
const drafted = [];
let first = 0, last = 0;
for await (const token of sequence.evaluate(model.tokenize(prompt, false), {temperature: 0})) {
    last = performance.now();
    if (drafted.push(token) === 1) first = last;
    if (drafted.length === Number(tokens)) break;
}

console.log(JSON.stringify({
    Tokens: drafted.length,
    LoadSeconds: (loaded - started) / 1000,
    PromptSeconds: (first - loaded) / 1000,
    TokensPerSecond: drafted.length > 1 ? (drafted.length - 1) / ((last - first) / 1000) : 0,
    PeakMebibytes: process.resourceUsage().maxRSS / 1024,
    Text: model.detokenize(drafted),
    Threads: context.currentThreads,
}));
process.exit(0);
