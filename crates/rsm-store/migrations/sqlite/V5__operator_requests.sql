-- Operator requests that people and programs answer: when one ended, who worked on it, and how the service notices that
-- it was done. All that there were before were raised by the service (4), and what they asked is service of a device
-- (3), for the service never uses messages. One that ended before is taken to have ended when it was last changed.

ALTER TABLE "operator_request" ADD COLUMN "ended" INTEGER;
ALTER TABLE "operator_request" ADD COLUMN "worker" TEXT NOT NULL DEFAULT '';
ALTER TABLE "operator_request" ADD COLUMN "watch" INTEGER NOT NULL DEFAULT 4;
UPDATE "operator_request" SET "ended" = "modified" WHERE "state" IN (4, 5);
UPDATE "operator_request" SET "task" = 3 WHERE "task" = 5;

-- The purge asks for the oldest that have ended.
CREATE INDEX "operator_request_ended" ON "operator_request" ("ended");
CREATE INDEX "library_request_completed" ON "library_request" ("completed");
-- Upkeep asks for those that are open and watched.
CREATE INDEX "operator_request_watch" ON "operator_request" ("watch", "state");
