// ONNX Runtime (since 1.29) reports to its maker over the internet unless this is set before its library is loaded:
// imported before onnxruntime-node by whoever loads it, or starts a thread that does.
// eslint-disable-next-line no-restricted-properties -- written for the native library, not read
process.env.ORT_DISABLE_TELEMETRY = '1'
