/** A way to the UART from outside. Disposing of it shuts it for good. */
export interface Door extends AsyncDisposable {
  /** All clients lose their connection, and nobody can connect, as when a USB cable is pulled. */
  shut(): Promise<void>;
  /** Clients may come again, at the same address where the system allows it. */
  reopen(): Promise<void>;
}
