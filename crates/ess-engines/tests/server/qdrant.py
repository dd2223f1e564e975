"""Qdrant's own storage and search, from the package qdrant-edge-py, behind those requests of Qdrant's protocol that the
client makes: python3 qdrant.py PORT FOLDER. What a cluster adds (shards, replicas, users) is not here."""

import json
import pathlib
import sys
import threading
from concurrent import futures

import grpc
import qdrant_edge as edge
from qdrant_client import grpc as pb
from qdrant_client.conversions.conversion import payload_to_grpc, value_to_json
from qdrant_client.grpc import collections_service_pb2_grpc, points_service_pb2_grpc

FOLDER = pathlib.Path(sys.argv[2])


class Collection:
    """A shard, of which one request is carried out after another."""

    def __init__(self, name, params=None):
        self.folder, self.lock = FOLDER / name, threading.Lock()
        described = self.folder / "described.json"
        if params is not None:
            self.folder.mkdir()
            distance = getattr(edge.Distance, pb.Distance.Name(params.distance))
            vectors = edge.EdgeVectorParams(size=params.size, distance=distance)
            self.shard = edge.EdgeShard.create(str(self.folder / "shard"), edge.EdgeConfig(vectors=vectors))
            described.write_text(json.dumps({"size": params.size, "distance": params.distance}))
        else:
            params = pb.VectorParams(**json.loads(described.read_text()))
            self.shard = edge.EdgeShard.load(str(self.folder / "shard"))
        self.params = params


class Server(collections_service_pb2_grpc.CollectionsServicer, points_service_pb2_grpc.PointsServicer):
    def __init__(self):
        self.lock, self.collections = threading.Lock(), {}
        for described in FOLDER.glob("*/described.json"):
            name = described.parent.name
            self.collections[name] = Collection(name)

    def named(self, request, context):
        with self.lock:
            collection = self.collections.get(request.collection_name)
        if collection is None:
            context.abort(grpc.StatusCode.NOT_FOUND, f"no collection {request.collection_name}")
        return collection

    def CollectionExists(self, request, context):
        with self.lock:
            exists = request.collection_name in self.collections
        return pb.CollectionExistsResponse(result=pb.CollectionExists(exists=exists))

    def Create(self, request, context):
        with self.lock:
            if request.collection_name in self.collections:
                context.abort(grpc.StatusCode.ALREADY_EXISTS, f"{request.collection_name} exists")
            self.collections[request.collection_name] = Collection(request.collection_name, request.vectors_config.params)
        return pb.CollectionOperationResponse(result=True)

    def Get(self, request, context):
        # Both services have a request of this name; the client gets collections alone.
        collection = self.named(request, context)
        vectors = pb.VectorsConfig(params=collection.params)
        params = pb.CollectionParams(shard_number=1, replication_factor=1, vectors_config=vectors)
        config = pb.CollectionConfig(params=params)
        return pb.GetCollectionInfoResponse(result=pb.CollectionInfo(config=config))

    def Delete(self, request, context):
        # As with Get: a request to delete points has points.
        if isinstance(request, pb.DeletePoints):
            return self.delete_points(request, context)
        with self.lock:
            collection = self.collections.pop(request.collection_name, None)
        if collection is not None:
            with collection.lock:
                collection.shard.close()
                (collection.folder / "described.json").unlink()
                collection.folder.rename(FOLDER / f"dropped-{threading.get_native_id()}-{id(collection)}")
        return pb.CollectionOperationResponse(result=collection is not None)

    def update(self, request, context, operation):
        collection = self.named(request, context)
        with collection.lock:
            collection.shard.update(operation)
        done = pb.UpdateResult(status=pb.UpdateStatus.Completed)
        return pb.PointsOperationResponse(result=done)

    def Upsert(self, request, context):
        points = [
            edge.Point(point.id.num, dense(point), {key: value_to_json(value) for key, value in point.payload.items()})
            for point in request.points
        ]
        return self.update(request, context, edge.UpdateOperation.upsert_points(points))

    def delete_points(self, request, context):
        ids = [id.num for id in request.points.points.ids]
        return self.update(request, context, edge.UpdateOperation.delete_points(ids))

    def Count(self, request, context):
        collection = self.named(request, context)
        with collection.lock:
            count = collection.shard.count(edge.CountRequest(exact=True))
        return pb.CountResponse(result=pb.CountResult(count=count))

    def Scroll(self, request, context):
        collection = self.named(request, context)
        offset = request.offset.num if request.HasField("offset") else None
        wanted = edge.ScrollRequest(
            offset=offset, limit=request.limit, with_payload=request.with_payload.enable, with_vector=False
        )
        with collection.lock:
            found, _ = collection.shard.scroll(wanted)
        points = [
            pb.RetrievedPoint(id=pb.PointId(num=point.id), payload=payload_to_grpc(point.payload or {}))
            for point in found
        ]
        return pb.ScrollResponse(result=points)

    def SearchBatch(self, request, context):
        collection = self.named(request, context)
        with collection.lock:
            results = [pb.BatchResult(result=search(collection.shard, one)) for one in request.search_points]
        return pb.SearchBatchResponse(result=results)


def dense(point):
    vector = point.vectors.vector
    return list(vector.dense.data or vector.data)


def search(shard, request):
    ids = lambda conditions: [
        edge.HasIdCondition({id.num for id in condition.has_id.has_id}) for condition in conditions
    ]
    filter = edge.Filter(must=ids(request.filter.must), must_not=ids(request.filter.must_not))
    wanted = edge.SearchRequest(
        query=edge.Query.Nearest(list(request.vector)),
        limit=request.limit,
        filter=filter if request.HasField("filter") else None,
        params=edge.SearchParams(exact=request.params.exact),
    )
    return [pb.ScoredPoint(id=pb.PointId(num=point.id), score=point.score) for point in shard.search(wanted)]


server = grpc.server(futures.ThreadPoolExecutor(8))
answers = Server()
collections_service_pb2_grpc.add_CollectionsServicer_to_server(answers, server)
points_service_pb2_grpc.add_PointsServicer_to_server(answers, server)
server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}")
server.start()
server.wait_for_termination()
