/** Makes Ctrl-C and SIGTERM stop what the stack holds, and end the process; what the stopping breaks is not worth telling. */
export function stopOnSignal(stack: AsyncDisposableStack): { readonly stopping: boolean } {
  const state = { stopping: false };
  const stop = async (): Promise<void> => {
    if (state.stopping) return;
    state.stopping = true;
    await stack.disposeAsync();
    process.exit(130);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return state;
}
