/** The programs that run inside nodes, as text. What each takes and prints is said in its first lines. */
import type { GuestProgram } from './program.ts'
import applyManifestsText from './programs/apply-manifests.sh' with { type: 'text' }
import awaitContainerdText from './programs/await-containerd.sh' with { type: 'text' }
import checkDiskText from './programs/check-disk.sh' with { type: 'text' }
import collectLogsText from './programs/collect-logs.sh' with { type: 'text' }
import completeHostsText from './programs/complete-hosts.sh' with { type: 'text' }
import configureContainerdText from './programs/configure-containerd.sh' with { type: 'text' }
import deleteBootstrapTokenText from './programs/delete-bootstrap-token.sh' with { type: 'text' }
import earlyServicesText from './programs/early-services.sh' with { type: 'text' }
import fillDiskText from './programs/fill-disk.sh' with { type: 'text' }
import fillEtcdText from './programs/fill-etcd.sh' with { type: 'text' }
import forgetNodeText from './programs/forget-node.sh' with { type: 'text' }
import initControlPlaneText from './programs/init-control-plane.sh' with { type: 'text' }
import joinNodeText from './programs/join-node.sh' with { type: 'text' }
import lookAtNodeText from './programs/look-at-node.sh' with { type: 'text' }
import nodeConditionsText from './programs/node-conditions.sh' with { type: 'text' }
import nodePodCidrText from './programs/node-pod-cidr.sh' with { type: 'text' }
import prepareNodeText from './programs/prepare-node.sh' with { type: 'text' }
import printLogsText from './programs/print-logs.sh' with { type: 'text' }
import readFileText from './programs/read-file.sh' with { type: 'text' }
import readMarkerText from './programs/read-marker.sh' with { type: 'text' }
import restoreEtcdText from './programs/restore-etcd.sh' with { type: 'text' }
import sealDiskText from './programs/seal-disk.sh' with { type: 'text' }
import untaintControlPlaneText from './programs/untaint-control-plane.sh' with { type: 'text' }
import waitDnsReadyText from './programs/wait-dns-ready.sh' with { type: 'text' }
import waitNodesReadyText from './programs/wait-nodes-ready.sh' with { type: 'text' }
import writeFileText from './programs/write-file.sh' with { type: 'text' }
import writeMarkerText from './programs/write-marker.sh' with { type: 'text' }
import holdImagesText from './programs/hold-images.sh' with { type: 'text' }
import importImagesText from './programs/import-images.sh' with { type: 'text' }
import listImagesText from './programs/list-images.sh' with { type: 'text' }
import tagImagesText from './programs/tag-images.sh' with { type: 'text' }

export const applyManifests: GuestProgram = { name: 'apply-manifests', text: applyManifestsText }
export const awaitContainerd: GuestProgram = { name: 'await-containerd', text: awaitContainerdText }
export const checkDisk: GuestProgram = { name: 'check-disk', text: checkDiskText }
export const collectLogs: GuestProgram = { name: 'collect-logs', text: collectLogsText }
export const completeHosts: GuestProgram = { name: 'complete-hosts', text: completeHostsText }
export const configureContainerd: GuestProgram = { name: 'configure-containerd', text: configureContainerdText }
export const deleteBootstrapToken: GuestProgram = { name: 'delete-bootstrap-token', text: deleteBootstrapTokenText }
export const earlyServices: GuestProgram = { name: 'early-services', text: earlyServicesText }
export const fillDisk: GuestProgram = { name: 'fill-disk', text: fillDiskText }
export const fillEtcd: GuestProgram = { name: 'fill-etcd', text: fillEtcdText }
export const forgetNode: GuestProgram = { name: 'forget-node', text: forgetNodeText }
export const initControlPlane: GuestProgram = { name: 'init-control-plane', text: initControlPlaneText }
export const joinNode: GuestProgram = { name: 'join-node', text: joinNodeText }
export const lookAtNode: GuestProgram = { name: 'look-at-node', text: lookAtNodeText }
export const nodeConditions: GuestProgram = { name: 'node-conditions', text: nodeConditionsText }
export const nodePodCidr: GuestProgram = { name: 'node-pod-cidr', text: nodePodCidrText }
export const prepareNode: GuestProgram = { name: 'prepare-node', text: prepareNodeText }
export const printLogs: GuestProgram = { name: 'print-logs', text: printLogsText }
export const readFile: GuestProgram = { name: 'read-file', text: readFileText }
export const readMarker: GuestProgram = { name: 'read-marker', text: readMarkerText }
export const restoreEtcd: GuestProgram = { name: 'restore-etcd', text: restoreEtcdText }
export const sealDisk: GuestProgram = { name: 'seal-disk', text: sealDiskText }
export const untaintControlPlane: GuestProgram = { name: 'untaint-control-plane', text: untaintControlPlaneText }
export const waitDnsReady: GuestProgram = { name: 'wait-dns-ready', text: waitDnsReadyText }
export const waitNodesReady: GuestProgram = { name: 'wait-nodes-ready', text: waitNodesReadyText }
export const writeFile: GuestProgram = { name: 'write-file', text: writeFileText }
export const writeMarker: GuestProgram = { name: 'write-marker', text: writeMarkerText }
export const holdImages: GuestProgram = { name: 'hold-images', text: holdImagesText }
export const importImages: GuestProgram = { name: 'import-images', text: importImagesText }
export const listImages: GuestProgram = { name: 'list-images', text: listImagesText }
export const tagImages: GuestProgram = { name: 'tag-images', text: tagImagesText }
