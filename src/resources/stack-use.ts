/** Whether any handler of the program asks for the alternate stack: else it need not be known. */
export class StackUse {
  /** As far as is known: at first it may be. */
  isUsed = true;
}
