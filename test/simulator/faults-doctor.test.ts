import { faultRuns } from "./suite.ts";

faultRuns("doctor");
