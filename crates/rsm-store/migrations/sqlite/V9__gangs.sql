-- Mounts of several media in one call: the requests of one call are found by the one that stands for all.

CREATE INDEX "library_request_leader" ON "library_request" ("leader");
