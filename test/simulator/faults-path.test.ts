import { faultRuns } from "./suite.ts";

faultRuns("path");
