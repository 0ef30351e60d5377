import { shellWord } from "../../domain/shell-word.ts";
import { EXIT, OperatorError } from "../../errors.ts";
import { planBoot, planNoBoot } from "../../operations/boot.ts";
import { placeWords } from "../../operations/units.ts";
import { surveyBoot, surveyBoots } from "../../survey/boot.ts";
import { surveyHome } from "../../survey/home.ts";
import { ableOn } from "../../survey/units.ts";
import type { Arguments } from "../arguments.ts";
import { carryOut } from "../carry-out.ts";
import { reportFinished } from "../report.ts";
import type { Session } from "../session.ts";
import { unitPlaces } from "../unit-places.ts";

/** `boot`: shows, writes or removes what has the current instance start with the machine. */
export async function boot(session: Session, args: Arguments): Promise<void> {
  const actions: Readonly<Record<string, (session: Session, args: Arguments) => Promise<void>>> = { enable, disable, show };
  const action = actions[args.at(0) ?? "show"];
  if (action === undefined)
    throw new OperatorError("USAGE", `\`boot\` takes enable or disable, not "${(args.at(0) ?? "").slice(0, 40)}".`, {
      exit: EXIT.usage,
      hint: "graph-mgr boot   (shows what is so)",
    });
  await action(session, args);
}

async function enable(session: Session, args: Arguments): Promise<void> {
  const { world, home, program } = session;
  const [place] = unitPlaces(session, args);
  const carried = await carryOut(session, {
    command: "boot enable",
    answers: {},
    claimsEngine: false,
    isRoutine: false,
    onFailure: "undo",
    makePlan: async () =>
      planBoot(await surveyBoot(world, place, home.path), home.path, program, { now: world.now(), random: world.random(4) }),
  });
  if (!carried) return;
  await reportFinished(session, carried);
  const { unit, enabled } = carried.result ?? {};
  if (session.flags.json || enabled === true) return;
  const ctl = `systemctl${placeWords({ ...place, scope: place.scope ?? "system" })}`;
  const turning = `${ctl} daemon-reload && ${ctl} enable ${String(unit)}`;
  session.print(
    place.scope === null
      ? `Nothing is enabled. Where its systemd runs, this does it:\n  cp ${shellWord(place.dir)}/${String(unit)} /etc/systemd/system/ && ${turning}`
      : `No systemd runs here, so nothing is enabled. Once it runs, this does it:\n  ${turning}`,
  );
}

async function disable(session: Session, args: Arguments): Promise<void> {
  const { world, home } = session;
  const found = await surveyBoots(world, home.path, unitPlaces(session, args));
  const [one] = found;
  if (one === undefined)
    throw new OperatorError("NO_BOOT_UNIT", "Nothing of this home starts with the machine by graph-mgr.", {
      hint: "graph-mgr boot   (shows what is so; --user or --unit-dir DIR where it was enabled so)",
    });
  if (found.length > 1)
    throw new OperatorError("USAGE", `There are two units, in ${found.map(({ place }) => place.dir).join(" and ")}.`, {
      exit: EXIT.usage,
      hint: "graph-mgr boot disable --user   (then the other, without --user)",
    });
  const carried = await carryOut(session, {
    command: "boot disable",
    answers: {},
    claimsEngine: false,
    isRoutine: true,
    onFailure: "undo",
    makePlan: async () => {
      const { mayWrite } = await ableOn(world, one.place);
      const occasion = { now: world.now(), random: world.random(4) };
      return planNoBoot(one, mayWrite, home.path, (await world.engine.about()).id, occasion);
    },
  });
  if (carried) await reportFinished(session, carried);
}

async function show(session: Session, args: Arguments): Promise<void> {
  const { world, home } = session;
  const found = await surveyBoots(world, home.path, unitPlaces(session, args));
  const { records, current } = await surveyHome(world, home.path);
  const record = records.find(({ name }) => name === current);
  const isStopped = record === undefined ? null : record.stoppedPolicies !== null;
  if (session.flags.json) {
    const units = found.map(({ unit, place, isOn }) => ({ unit, folder: place.dir, enabled: isOn }));
    return session.print(JSON.stringify({ schema: 1, home: home.path, current, stopped: isStopped, units }));
  }
  if (found.length === 0)
    return session.print(
      "graph-mgr starts nothing of this home with the machine; what the product's own restart policies start comes back all the same. This does it:\n  graph-mgr boot enable",
    );
  const will =
    current === null
      ? "no instance is current"
      : isStopped === true
        ? `${current} is current, and stays stopped, because \`stop\` stopped it`
        : `${current} is current`;
  for (const { unit, place, isOn } of found)
    session.print(
      `${isOn === true ? "on" : isOn === false ? "OFF: systemd does not start it" : "no systemd runs here that looks there"}: ${place.dir}/${unit}\n  ${will}`,
    );
}
