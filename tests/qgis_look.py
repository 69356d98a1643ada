"""Run by QGIS's own Python: open every layer of a folder, tell what QGIS sees, draw a picture."""

import json
import os
import sys
from pathlib import Path

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCoordinateTransformContext,
    QgsExpression,
    QgsExpressionContext,
    QgsExpressionContextUtils,
    QgsFeature,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsPointXY,
    QgsRectangle,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize
from qgis.PyQt.QtGui import QColor

LAYERS = ("regions", "regions_map", "clusters", "locations", "links", "collaboration")


def open_layers(folder: Path) -> dict[str, QgsVectorLayer]:
    """Open the three formats by the names a user would click on."""
    uris = {"geojson": f"{folder}/regions.geojson", "fgb": f"{folder}/regions.fgb"}
    uris |= {f"gpkg {name}": f"{folder}/regions.gpkg|layername={name}" for name in LAYERS}
    return {name: QgsVectorLayer(uri, name, "ogr") for name, uri in uris.items()}


def describe(layer: QgsVectorLayer) -> dict[str, object]:
    """Tell what QGIS makes of a layer."""
    extent, features = layer.extent(), list(layer.getFeatures())
    renderer, labeling = layer.renderer(), layer.labeling()
    seen = {
        "valid": layer.isValid(),
        "features": layer.featureCount(),
        "crs": layer.crs().authid(),
        "extent": [extent.xMinimum(), extent.yMinimum(), extent.xMaximum(), extent.yMaximum()],
        "types": {field.name(): field.typeName() for field in layer.fields()},
        "geometry": layer.wkbType(),
        "invalid": [f.id() for f in features if not f.geometry().isGeosValid()],
        "renderer": renderer.type(),
        "label": labeling.settings().fieldName if layer.labelsEnabled() else None,
        "abstract": layer.dataProvider().layerMetadata().abstract(),
    }
    if layer.fields().indexOf("name") >= 0:
        seen["names"] = sorted(feature["name"] for feature in features)
    if layer.mapTipTemplate():
        seen["tips"] = sorted(tip(layer, feature) for feature in features)
    if renderer.type() == "singleSymbol":
        seen["colour"] = renderer.symbol().color().name()
    else:
        seen["attribute"] = renderer.classAttribute()
        seen["colours"] = [step.symbol().color().name() for step in renderer.ranges()]
        scores = [feature["score"] for feature in features]
        seen["uncoloured"] = [s for s in scores if renderer.rangeForValue(s) is None]
    return seen


def tip(layer: QgsVectorLayer, feature: QgsFeature) -> str:
    """Give the HTML that QGIS shows where the pointer rests."""
    context = QgsExpressionContext(QgsExpressionContextUtils.globalProjectLayerScopes(layer))
    context.setFeature(feature)
    return QgsExpression.replaceExpressionText(layer.mapTipTemplate(), context)


def draw(layers: list[QgsVectorLayer], box: list[float], picture: Path) -> int:
    """Draw the layers from west, south to east, north; give how many labels were placed."""
    west, south, east, north = box
    settings = QgsMapSettings()
    settings.setLayers(layers)
    degrees = QgsCoordinateReferenceSystem("EPSG:4326")
    system = QgsCoordinateReferenceSystem("EPSG:3832") if west > east else degrees  # Pacific
    settings.setDestinationCrs(system)
    to_map = QgsCoordinateTransform(degrees, system, QgsCoordinateTransformContext())
    corners = [to_map.transform(QgsPointXY(*pair)) for pair in ((west, south), (east, north))]
    settings.setExtent(QgsRectangle(*corners))
    settings.setOutputSize(QSize(1000, 700))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererParallelJob(settings)
    job.start()
    job.waitForFinished()
    job.renderedImage().save(str(picture))
    return len(job.takeLabelingResults().labelsWithinRect(settings.extent()))


def main() -> None:
    """Print what QGIS sees as JSON and draw one picture per box given."""
    folder, pictures = Path(sys.argv[1]), Path(sys.argv[2])
    application = QgsApplication([], False)  # noqa: FBT003  # no window
    application.initQgis()
    layers = open_layers(folder)
    seen = {name: describe(layer) for name, layer in layers.items()}
    shown = [layers[f"gpkg {name}"] for name in ("links", "clusters", "locations", "regions")]
    labels = {}
    for box in sys.argv[3:]:
        name, *sides = box.split(",")
        labels[name] = draw(shown, list(map(float, sides)), pictures / f"{name}.png")
    sys.stdout.write(json.dumps({"layers": seen, "labels": labels}))
    sys.stdout.flush()
    os._exit(0)  # QGIS may crash on its way out, when all is said


main()
