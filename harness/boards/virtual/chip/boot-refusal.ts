/** The bootloader refuses what it finds in flash; the message is what its log says about it. */
export class BootRefusal extends Error {
  override readonly name = 'BootRefusal';
  /** The log tag of the component that refuses. */
  readonly tag: string;

  constructor(tag: string, message: string) {
    super(message);
    this.tag = tag;
  }
}
