// Preloaded into npm, whatever old Node runs it: npm silently leaves optional packages out whose `engines`
// exclude the Node that it runs on, but they are for Node 26.
Object.defineProperty(process, 'version', { value: 'v26.0.0' });
