/**
 * Fetches a room's log page by page. One page is on its way at a time; where somebody goes in the log wins over what
 * was asked for before, and what is heard while a page is on its way is shown with it: the page may be the older one.
 */

import type { Heard, Page, RoomLog } from "./log";

const PAGE = 50;
const LONGEST_PAGE = 200;

/** Fetch the last `limit` messages before the place `before`, or of all. */
export type AskPage = (limit: number, before?: number) => Promise<Page>;

interface Fetching {
  /** What it leads to: the newest messages, a place in the log, or what borders on the messages shown. */
  readonly aim: "newest" | "place" | "edge";
  readonly heard: readonly Heard[];
  readonly done: Promise<boolean>;
}

export class LogReader {
  private fetching: Fetching | null = null;
  private wanted = 0;

  constructor(
    private readonly log: RoomLog,
    private readonly ask: AskPage,
  ) {}

  /** Show the newest messages, whatever was shown before. */
  newest(): Promise<boolean> {
    if (this.fetching?.aim === "newest") return this.fetching.done;
    this.log.loading();
    return this.fetch("newest", async () => {
      const page = await this.ask(PAGE);
      return (heard) => {
        const { wanted } = this;
        this.wanted = 0;
        const short = (page.mesajlar.at(-1)?.sira ?? 0) < wanted;
        this.log.replace(page, { heard: short ? [] : heard });
        if (!short) return;
        this.log.fallBehind(wanted);
        void this.newest();
      };
    });
  }

  /** Be at the newest messages, wherever a page on its way would have led. */
  async toNewest(): Promise<void> {
    if (!this.log.view.get().attached || this.fetching?.aim === "place") await this.newest();
  }

  /** The room has come as far as `sira`, and what happened up to there was not heard: show it. */
  reach(sira: number): void {
    const { status, head } = this.log.view.get();
    const asked = this.fetching?.aim === "newest"; // that page may have been read before the room came so far
    if (!asked && status === "ready" && head >= sira) return;
    this.log.fallBehind(sira);
    if (asked) this.wanted = sira;
    else void this.newest();
  }

  /** The room's log is another one: show nothing of the one before. */
  restart(): void {
    this.fetching = null;
    this.wanted = 0;
    this.log.clear();
    void this.newest();
  }

  /** Show what was said since, for who has no socket to hear it; the place in the talk stays. */
  look(): Promise<boolean> {
    return this.edge(async () => {
      const page = await this.ask(PAGE);
      return () => this.log.see(page);
    });
  }

  async older(): Promise<void> {
    const { messages, hasOlder } = this.log.view.get();
    const [first] = messages;
    if (!first || !hasOlder) return;
    await this.edge(async () => {
      const page = await this.ask(PAGE, first.sira);
      return (heard) => this.log.older(page, heard);
    });
  }

  /** After a jump into the past: show what follows, in steps that can leave nothing out. */
  async newer(): Promise<void> {
    const { messages, attached, head } = this.log.view.get();
    const last = messages.at(-1);
    if (attached || !last) return;
    await this.edge(async () => {
      let limit = PAGE; // a place of the log holds a message or a change of one: a page of as many holds all of them
      for (let upto = last.sira + 1 + limit; ; upto += limit) {
        const page = await this.ask(limit, upto);
        const found = page.mesajlar.some((message) => message.sira > last.sira);
        const reached = upto > head; // as it was when the first page was asked for: what is past it is heard
        if (found || reached) return (heard) => this.log.newer(page, reached, heard);
        limit = LONGEST_PAGE;
      }
    });
  }

  /** Show what stands around a place in the log; false when it cannot be had, or somebody went elsewhere. */
  goTo(sira: number): Promise<boolean> {
    const { head } = this.log.view.get();
    const upto = sira + PAGE / 2;
    return this.fetch("place", async () => {
      const page = await this.ask(PAGE, upto);
      return (heard) => this.log.replace(page, { attached: head > 0 && head < upto, heard });
    });
  }

  /** Wait for the page that is on its way, if one is. */
  async settled(): Promise<void> {
    await this.fetching?.done;
  }

  private edge(ask: () => Promise<(heard: readonly Heard[]) => void>): Promise<boolean> {
    return this.fetching?.done ?? this.fetch("edge", ask);
  }

  private fetch(aim: Fetching["aim"], ask: () => Promise<(heard: readonly Heard[]) => void>): Promise<boolean> {
    const heard = this.log.listen();
    const ended = () => {
      this.log.forget(heard);
      if (this.fetching?.heard !== heard) return false;
      this.fetching = null;
      return true;
    };
    const done = ask().then(
      (show) => {
        const wanted = ended();
        if (wanted) show(heard);
        return wanted;
      },
      (error: unknown) => {
        if (ended() && aim === "newest") this.log.failed(error);
        return false;
      },
    );
    this.fetching = { aim, heard, done };
    return done;
  }
}
