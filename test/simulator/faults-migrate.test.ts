import { faultRuns } from "./suite.ts";

faultRuns("migrate");
