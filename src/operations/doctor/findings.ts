import { byWeight, type CheckName, type Finding } from "../../domain/finding.ts";
import type { DoctorFacts } from "../../survey/doctor/facts.ts";
import { judgeBackups, judgeCollations, judgeDatabases } from "./data.ts";
import { judgeClock, judgeEngine, judgeGpu } from "./engine.ts";
import { judgeCache, judgeOperations, judgeRecords } from "./home.ts";
import { judgeConfiguration, judgeHealth, judgeImages, judgePolicies, judgePorts, judgeRevivers } from "./instances.ts";
import { judgeCertificates, judgeDisks, judgeMemory, judgeNames } from "./machine.ts";
import { judgePermissions } from "./permissions.ts";
import { judgeSharing, judgeThroughCurrent } from "./sharing.ts";
import { judgeStrays } from "./strays.ts";

type Judge = (facts: DoctorFacts) => readonly Finding[];

const JUDGES: Readonly<Record<CheckName, Judge>> = {
  engine: judgeEngine,
  records: judgeRecords,
  operations: judgeOperations,
  sharing: judgeSharing,
  "through-current": judgeThroughCurrent,
  health: judgeHealth,
  configuration: judgeConfiguration,
  images: judgeImages,
  "restart-policy": judgePolicies,
  revivers: judgeRevivers,
  database: judgeDatabases,
  collation: judgeCollations,
  backups: judgeBackups,
  ports: judgePorts,
  certificates: judgeCertificates,
  dns: judgeNames,
  disk: judgeDisks,
  memory: judgeMemory,
  clock: judgeClock,
  gpu: judgeGpu,
  permissions: judgePermissions,
  strays: judgeStrays,
  cache: judgeCache,
};

/** What is so, worst first. */
export const findingsOf = (facts: DoctorFacts): readonly Finding[] =>
  byWeight(Object.values(JUDGES).flatMap(judge => judge(facts)));
