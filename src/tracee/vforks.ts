/** Threads in vfork(2), by the child that each waits for. */
import type { Thread, ThreadGroup } from './thread.ts';

export class Vforks {
  private readonly parents = new Map<number, Thread>();

  begin(parent: Thread, child: number): void {
    this.parents.set(child, parent);
    parent.resumeInVfork(child);
    // It stops for that before it runs any code of the program.
    if (parent.group.isHeld) parent.interrupt();
  }

  /** The child has exec'd or ended: whoever waited for it goes on. */
  end(child: number): Thread | undefined {
    const parent = this.parents.get(child);
    this.parents.delete(child);
    parent?.comeOutOfVfork(child);
    return parent;
  }

  /** Nobody will tell of the exec or the end of this child: its parent is to stop behind that. */
  letGo(child: number): void {
    this.parents.get(child)?.interrupt();
  }

  /** The parent has stopped, or ended. */
  forget(parent: Thread): void {
    if (this.parents.size === 0) return;
    for (const [child, other] of this.parents) if (other === parent) this.parents.delete(child);
  }

  /** Some thread of the group waits: asked often, and hardly ever so. */
  isAnyOf(group: ThreadGroup): boolean {
    return this.parents.size > 0 && group.isInVfork;
  }
}
