/** Requests that wait for their answer, by `ref`; one that never comes is a lost one. */

import type { Ack, Problem } from "./wire";

interface Waiter {
  resolve: (ack: Ack) => void;
  reject: (problem: Problem) => void;
  timer: ReturnType<typeof setTimeout>;
}

export class RequestFailed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.kod);
  }
}

export class Answers {
  private readonly waiters = new Map<string, Waiter>();

  constructor(readonly patienceMs: number) {}

  get awaited(): boolean {
    return this.waiters.size > 0;
  }

  /** Carry out `ask`, and return what will answer to `ref`; without `ask` the line is down and it is lost at once. */
  wait(ref: string, ask: (() => void) | null): Promise<Ack> {
    return new Promise<Ack>((resolve, reject) => {
      const fail = (problem: Problem) => reject(new RequestFailed(problem));
      if (!ask) return fail(lost(ref));
      const timer = setTimeout(() => {
        this.waiters.delete(ref);
        fail(lost(ref));
      }, this.patienceMs);
      this.waiters.set(ref, { resolve, reject: fail, timer });
      ask();
    });
  }

  /** Tell whether somebody waited for this answer. */
  acknowledged(ref: string | undefined, ack: Ack): boolean {
    const waiter = this.take(ref);
    waiter?.resolve(ack);
    return waiter !== undefined;
  }

  failed(ref: string, problem: Problem): boolean {
    const waiter = this.take(ref);
    waiter?.reject(problem);
    return waiter !== undefined;
  }

  loseAll(): void {
    for (const ref of [...this.waiters.keys()]) this.failed(ref, lost(ref));
  }

  private take(ref: string | undefined): Waiter | undefined {
    const waiter = ref === undefined ? undefined : this.waiters.get(ref);
    if (waiter && ref !== undefined) {
      this.waiters.delete(ref);
      clearTimeout(waiter.timer);
    }
    return waiter;
  }
}

function lost(ref: string): Problem {
  return { tip: "hata", ref, kod: "baglanti_koptu", baslik: "", ayrinti: "" };
}
