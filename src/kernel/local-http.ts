/** A request that came in over a local socket. */
export interface LocalRequest {
  readonly method: string;
  /** Path of the request, without a query. */
  readonly path: string;
  /** Null when it was longer than allowed. */
  readonly body: string | null;
  /** Aborted when the caller goes away or the server closes. */
  readonly signal: AbortSignal;
}

/** An answer: lines of JSON. The lines are pulled one by one, at the caller's pace. */
export interface LocalAnswer {
  readonly status: number;
  readonly lines: AsyncIterable<string> | Iterable<string>;
}

export interface LocalServer {
  /** Refuses new requests, drops those under way (their signal is aborted) and removes the socket. */
  close(): Promise<void>;
}

export interface LocalResponse {
  readonly status: number;
  /** Throws Problem CLI-012 where the connection ends before the answer is complete. To be read to its end or left. */
  readonly lines: AsyncIterable<string>;
}

/** HTTP over a Unix socket, for processes of this machine. */
export interface LocalHttp {
  /**
   * Serves on a socket that only this user may open (mode 0600). A socket file that nobody answers
   * on is left over from a daemon that was killed, and is replaced.
   * @throws Problem CLI-004 when another process answers there, CLI-013 when the socket can't be made.
   */
  serve(
    socket: string,
    options: { readonly bodyBytesMax: number },
    answer: (request: LocalRequest) => Promise<LocalAnswer>,
  ): Promise<LocalServer>;
  /**
   * @param request - `timeoutMs` bounds the wait for the head of the answer; null waits for ever.
   * @throws Problem CLI-001 when nobody answers, or not in time; CLI-015 when this user may not open the socket.
   */
  post(
    socket: string,
    request: {
      readonly path: string;
      readonly body: string;
      readonly timeoutMs: number | null;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<LocalResponse>;
}
