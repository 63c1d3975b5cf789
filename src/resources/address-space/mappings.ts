/**
 * The mappings resource: reads /proc/PID/maps, registers what is new for write-protection, and
 * makes the mappings of a stopped process those of a point.
 */
import { SYS } from '../../arch/x64/syscalls.ts';
import { isSegment, type Mapping, type Range } from '../../procfs/maps.ts';
import type { AttributeRange } from '../../procfs/smaps.ts';
import { findIrreparable, planAttributes } from '../../points/plan-attributes.ts';
import { planNames } from '../../points/plan-names.ts';
import { freesMemory, planMappings, type MappingStep } from '../../points/plan-mappings.ts';
import type { MemoryImage } from '../../tracee/memory-image.ts';
import type { RemoteCalls } from '../../tracee/remote-calls.ts';
import type { Scratch } from '../../tracee/scratch.ts';
import type { Claims } from '../claims.ts';
import { ATTRIBUTES, nameGuess } from '../guess.ts';
import { LOST, Obstacle, type Named } from '../resource.ts';
import type { Stopped } from '../stopped.ts';
import { accessOf } from './access.ts';
import { AttributeReader, findAttributes, findSealed, type Attributes } from './attributes.ts';
import { ClaimedFiles } from './claimed-files.ts';
import { findCuts, joinAgain } from './join-again.ts';
import { cannotRestore, performSteps, restoreBreak } from './map-again.ts';
import { isComplete, postponeAttributes, readLater } from './later-attributes.ts';
import type { LaterAttributes } from './later-attributes.ts';
import { MappedFiles } from './mapped-files.ts';
import { MappingTable } from './mapping-table.ts';
import { MapsReader } from './maps-reader.ts';
import { findMissing, nameDiminished } from './missing.ts';
import { mendAttributes, mendNames, nameLasting, nameLoss, UNSURE } from './mend-attributes.ts';
import type { MappingsApplied, MappingsPlan } from './mappings-plan.ts';
import { readPinnedBuffers } from './pinned-buffers.ts';
import type { Unwatched } from './unwatched-pages.ts';
import { isWithin, Registration } from './registration.ts';
import { findRigid, hasReadImpliesExec, refusesExecutable } from './rigid.ts';
import { findLackOfRoom, findLackOfScratch } from './room.ts';
import { findAboveBreak, findForbidden, findLackOfLockRoom } from './trials.ts';
import type { WrittenPages } from './written-pages.ts';

const NOTHING_UNWATCHED: readonly Unwatched[] = [];
const REPLACED = 'another file has that path and number by now, and may have been mapped since';
const UNATTACHED = 'its segment is gone: it is memory of its own now, and no attachment';
const GUESS = nameGuess(LOST.mappings, ATTRIBUTES);

export class Mappings {
  private readonly stopped: Stopped;
  readonly registration: Registration;
  private readonly text: MapsReader;
  /** /proc/PID/maps as it reads when the mappings are those of `table`. */
  private known: Buffer = Buffer.alloc(0);
  table: MappingTable = new MappingTable(Buffer.alloc(0), 0);

  private readonly files: MappedFiles;
  private readonly reader: AttributeReader;
  /** Those of the point that is being made, if they are to be read later. */
  later: LaterAttributes | undefined = undefined;
  /** Those that the newest point has. */
  attributes: Attributes = { ranges: [], isExact: false, readMs: 0 };

  constructor(stopped: Stopped, uffd: number, written: WrittenPages) {
    this.stopped = stopped;
    this.files = new MappedFiles(stopped);
    this.reader = new AttributeReader(stopped);
    this.registration = new Registration(uffd, written);
    this.text = new MapsReader(stopped);
  }

  close(): void {
    this.files.close();
    this.reader.close();
    this.text.close();
  }

  /** /proc/PID/maps as it is now: a copy, for the log. */
  copyText(): Uint8Array {
    return new Uint8Array(this.text.read());
  }

  /**
   * Bring table, attributes and registration up to date. Answers the ranges that are new since the
   * last refresh, or undefined when nothing changed at all (the usual case, which allocates
   * nothing).
   */
  refresh(): readonly Range[] | undefined {
    this.later = undefined;
    const isSameText = this.text.isSame(this.known);
    if (isSameText && !this.registration.hasNew() && !this.registration.hasRelented()) {
      const former = this.attributes;
      this.attributes = this.reader.capture(false);
      if (this.attributes.ranges !== former.ranges) this.holdFiles();
      return undefined;
    }
    if (!isSameText) {
      const breakAddress = this.stopped.remote().calls.callOrThrow('brk', SYS.brk, 0);
      this.table = new MappingTable(this.text.read(), breakAddress);
    }
    const found = this.registerNew();
    const isRefused = this.registration.refused.length > 0;
    if (isRefused) this.reader.read();
    const { living } = this.stopped;
    this.later = isRefused ? undefined : postponeAttributes(living, this.table, this.reader);
    this.attributes = this.later?.attributes ?? this.reader.capture(true);
    this.holdFiles();
    return found;
  }

  /**
   * Whether the program may write to all of a range: told without asking anybody where its mappings
   * are those that were registered last, else not told.
   */
  isWritable(address: number, sizeBytes: number): boolean {
    return this.text.isSame(this.known) && this.table.isWritable(address, sizeBytes);
  }

  /** What was put off is read now, where no image has it. Else: how it is read from that one. */
  settleAttributes(image: MemoryImage | undefined): ((image: MemoryImage) => void) | undefined {
    const { later, reader } = this;
    if (later === undefined) return undefined;
    this.later = undefined;
    if (isComplete(later, image))
      return (kept) => {
        readLater(later, kept, reader);
      };
    this.attributes = reader.capture(true);
    this.holdFiles();
    return undefined;
  }

  private holdFiles(): void {
    this.files.note(this.table, (mapping) => accessOf(mapping, this.attributes));
  }

  /** No point has this table any more. */
  release(table: MappingTable): void {
    if (table !== this.table) this.files.release(table);
  }

  /** What `apply` will need, or why it could not be done. Touches nothing. */
  prepare(wanted: MappingTable, attributes: Attributes, claims: Claims): MappingsPlan | Obstacle {
    const files = new ClaimedFiles(this.stopped, this.files, wanted, attributes);
    const isSame =
      this.text.isSame(this.known) && this.stands(wanted) && !this.registration.hasNew();
    const now = this.reader.readForRollback(!isSame || this.registration.refused.length > 0);
    const irreparable = this.findIrreparable(now, attributes);
    const isMended = now === undefined || planAttributes(now, attributes.ranges).length === 0;
    const freed = now === undefined ? [] : this.reader.freed;
    if (now !== undefined) this.reader.noteResult(!isMended || freed.length > 0);
    const isDone = isSame && isMended && irreparable.length === 0;
    const { generation } = this.stopped;
    const unsure = now === undefined || !attributes.isExact ? [GUESS] : [];
    const replaced = this.files
      .findReplaced(wanted, (mapping) => accessOf(mapping, attributes))
      .map((mapping) => nameLoss(mapping, `${mapping.path}: ${REPLACED}`));
    const named = isDone ? [...replaced, ...nameLasting(now ?? [], attributes)] : replaced;
    const known = { wanted, attributes, isDone, generation, files, irreparable };
    const plan = { ...known, freed, unsure, named };
    if (!isDone) return this.prepareSteps(plan, now ?? [], claims);
    const obstacle = findLackOfScratch(this.stopped.pid, wanted.mappings);
    return obstacle ?? { ...plan, touched: [], isExecRefused: false };
  }

  private prepareSteps(
    plan: Omit<MappingsPlan, 'touched' | 'isExecRefused'>,
    now: readonly AttributeRange[],
    claims: Claims,
  ): MappingsPlan | Obstacle {
    const { stopped } = this;
    const { mappings } = plan.wanted;
    const table = this.readTable(0);
    const steps = planMappings(table.mappings, mappings);
    const fresh = this.registration.findNew(table.tracked);
    const changed = findMissing(mappings, [...fresh, ...plan.irreparable], steps);
    // shmdt(2) detaches only what came by one attachment.
    const torn = [...changed].filter(isSegment);
    for (const step of steps) if (step.kind === 'protect') changed.add(step.mapping);
    const isExecRefused = refusesExecutable(changed, stopped.remote);
    const rigid = findRigid(steps, table.mappings, now, isExecRefused);
    const irreparable = [...plan.irreparable, ...rigid, ...torn];
    const anew = [...fresh, ...irreparable];
    const sealed = findSealed(now, [...anew, ...steps]);
    if (sealed !== undefined) return new Obstacle(`0x${sealed.start.toString(16)} is sealed`);
    const missing = findMissing(mappings, anew, steps);
    const needsHand = changed.size > 0 && hasReadImpliesExec(stopped.living);
    const obstacle =
      findLackOfRoom(stopped.pid, table.mappings, mappings, anew, plan.attributes.ranges) ??
      findLackOfLockRoom(stopped, steps, anew, now) ??
      findAboveBreak(stopped, plan.wanted.breakAddress, [table.mappings, mappings]) ??
      findForbidden(stopped, missing, isExecRefused) ??
      (needsHand ? plan.files.claimHand(claims) : undefined) ??
      plan.files.claimAll(missing, table.mappings, claims);
    return obstacle ?? { ...plan, irreparable, touched: [...anew, ...steps], isExecRefused };
  }

  /** Make the mappings those of the plan. */
  apply(plan: MappingsPlan): MappingsApplied {
    const { wanted } = plan;
    if (plan.isDone && plan.generation === this.stopped.generation) {
      return { renewed: undefined, lost: [...plan.unsure, ...plan.named] };
    }
    const isSame =
      this.text.isSame(this.known) && this.stands(wanted) && !this.registration.hasNew();
    if (isSame && plan.isDone) return { renewed: undefined, lost: [...plan.unsure, ...plan.named] };
    const { calls, scratch } = this.stopped.remote();
    const anew = isSame && plan.irreparable.length === 0 ? [] : this.mapAnew(plan, calls, scratch);
    const diminished = nameDiminished(wanted.mappings, plan.attributes, anew, plan.isExecRefused);
    const lost = [...this.mend(plan, anew, calls, scratch), ...diminished, ...plan.named];
    for (const segment of plan.files.unattached) lost.push(nameLoss(segment, UNATTACHED));
    scratch.release();
    this.text.forget();
    const left = planMappings(this.readTable(0).mappings, wanted.mappings);
    if (left.length > 0) throw cannotRestore(left);
    this.table = wanted;
    return { renewed: this.registerNew(wanted), lost };
  }

  /** Ranges that were mapped anew. */
  private mapAnew(plan: MappingsPlan, calls: RemoteCalls, scratch: Scratch): Range[] {
    const { wanted, irreparable, attributes, files, isExecRefused } = plan;
    const goal = {
      mappings: wanted.mappings,
      attributes: attributes.ranges,
      files,
      isExecRefused,
      onGrown: ({ start, end }: Range) => {
        this.registration.giveWay(start, end);
      },
    };
    const isTheirs = (mapping: Mapping): boolean =>
      mapping.start !== scratch.range.start && !files.parked.has(mapping);
    const tracked = this.readTable(0).tracked.filter(isTheirs);
    const suspects = [...this.registration.findNew(tracked), ...irreparable];
    const planRest = (): MappingStep[] => {
      this.text.forget();
      return planMappings(this.readTable(0).mappings.filter(isTheirs), wanted.mappings);
    };
    for (const { start, end } of suspects) calls.call(SYS.munmap, start, end - start);
    if (calls.call(SYS.brk, 0) !== wanted.breakAddress) {
      // What is new goes first: limits would count both.
      performSteps(planRest().filter(freesMemory), goal);
      restoreBreak(calls, wanted.breakAddress);
    }
    const steps = planRest();
    performSteps(steps, goal);
    files.parked.clear(() => calls);
    this.text.forget();
    return steps.filter(({ kind }) => kind === 'map');
  }

  private mend(
    { wanted, attributes }: MappingsPlan,
    anew: readonly Range[],
    calls: RemoteCalls,
    scratch: Scratch,
  ): Named[] {
    this.reader.forget();
    const now = this.reader.read();
    const steps = planAttributes(now, attributes.ranges);
    const isSure = (step: Range): boolean =>
      attributes.isExact || anew.some(({ start, end }) => step.start < end && step.end > start);
    const lost = [
      ...mendAttributes(steps.filter(isSure), wanted.mappings, calls),
      ...nameLasting(now, attributes),
    ];
    for (const step of steps.filter((each) => !isSure(each))) lost.push(nameLoss(step, UNSURE));
    if (!attributes.isExact) lost.push(GUESS);
    this.reader.forget();
    this.text.forget();
    const cuts = findCuts(this.readTable(0).mappings, wanted.mappings);
    if (cuts.length > 0) {
      joinAgain(cuts, this.reader.read(), calls);
      this.reader.forget();
      this.text.forget();
    }
    return [
      ...lost,
      ...mendNames(planNames(this.readTable(0).mappings, wanted.mappings), calls, scratch),
    ];
  }

  private findIrreparable(now: readonly AttributeRange[] | undefined, wanted: Attributes): Range[] {
    if (now === undefined || !wanted.isExact) return [];
    // What is sealed stays mapped, whatever its attributes are.
    return findIrreparable(now, wanted.ranges).filter((each) => !findSealed(now, [each]));
  }

  /** The mappings now are those of `wanted`, though the kernel may join neighbours otherwise. */
  private stands(wanted: MappingTable): boolean {
    return wanted === this.table || wanted.text.equals(this.table.text);
  }

  private readTable(breakAddress: number): MappingTable {
    return new MappingTable(this.text.read(), breakAddress);
  }

  /** Memory whose writes nobody reports, and how it may be treated. */
  findUnwatched(): readonly Unwatched[] {
    const pinned = readPinnedBuffers(this.stopped.living, this.table);
    if (pinned.length + this.registration.refused.length === 0) return NOTHING_UNWATCHED;
    const list: Unwatched[] = this.registration.refused.map((range) => {
      const flags = findAttributes(this.reader.latest, range.start)?.flags;
      const isDroppable = flags?.has('dp') === true;
      const kind = isDroppable ? 'droppable' : flags?.has('uw') === true ? 'protected' : 'missing';
      return { ...range, kind };
    });
    for (const range of pinned) {
      if (isWithin(this.table.tracked, range)) list.push({ ...range, kind: 'registered' });
    }
    return list;
  }

  /** Register what is not; the ranges that were not. */
  private registerNew(wanted?: MappingTable): Range[] {
    const found = this.registration.register(this.table.tracked);
    this.text.forget();
    // Registration lets the kernel join neighbours: the text is read again, as it will be compared.
    const table = this.readTable(this.table.breakAddress);
    this.known = table.text;
    this.table = wanted ?? table;
    return found;
  }
}
